/** Numbers as a teacher reads them. What was reached is rounded down and what is missing up: 59.96 hours are not yet 60. */

/** Half of what a sum of floats may be off by; far below the hundredths that the server knows. */
const DUST = 1e-6

/** At most one decimal and no trailing .0: hours and points that were reached. */
export function tenths(value: number): string {
  return text(Math.floor(value * 10 + DUST) / 10)
}

/** The same of what is missing: 0 only where nothing is. */
export function tenthsUp(value: number): string {
  return text(Math.ceil(value * 10 - DUST) / 10)
}

/** Whole percent, 0 to 100, for a meter: 100 only where all is there. Nothing asked for is all there. */
export function percent(part: number, whole: number): number {
  if (!(whole > 0)) return 100
  if (!(part > 0)) return 0
  return part + DUST >= whole ? 100 : Math.min(99, Math.max(1, Math.floor((part / whole) * 100)))
}

function text(value: number): string {
  return Number.isFinite(value) ? String(value + 0) : '0'
}
