/** Waiting at random, so that a restart is no stampede (docs/capacity.md). */

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** A random moment of the next `ms`. */
export function jitter(ms: number, random: () => number = Math.random): number {
  return ms * random()
}
