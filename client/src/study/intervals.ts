/** Sets of whole media seconds: sorted half-open intervals that do not touch. */
import type { Interval } from './types'

export type Seconds = readonly Interval[]

/** The set of any pairs: in any order, overlapping, touching; what is empty or no pair of whole numbers is left out. */
export function normalised(pairs: Iterable<readonly number[]>): Interval[] {
  const whole: Interval[] = []
  for (const [start, stop] of pairs) {
    if (start === undefined || stop === undefined) continue
    if (Number.isSafeInteger(start) && Number.isSafeInteger(stop) && start < stop) whole.push([start, stop])
  }
  whole.sort((a, b) => a[0] - b[0])
  const apart: Interval[] = []
  for (const [start, stop] of whole) {
    const before = apart[apart.length - 1]
    if (before && start <= before[1]) apart[apart.length - 1] = [before[0], Math.max(before[1], stop)]
    else apart.push([start, stop])
  }
  return apart
}

export function union(...sets: Seconds[]): Interval[] {
  return normalised(sets.flat())
}

/** What of `from` is not in `taken`. Keeps the order of `from`, which need be no set: what was played twice stays twice. */
export function subtract(from: Seconds, taken: Seconds): Interval[] {
  const holes = normalised(taken)
  return from.flatMap(([start, stop]) => {
    const left: Interval[] = []
    let at = start
    for (const [dark, light] of holes) {
      if (light <= at) continue
      if (dark >= stop) break
      if (dark > at) left.push([at, dark])
      at = light
    }
    if (at < stop) left.push([at, stop])
    return left
  })
}

/** Of a set: how many seconds. Of a list: how many were played, repeats included. */
export function size(seconds: Seconds): number {
  return seconds.reduce((sum, [start, stop]) => sum + stop - start, 0)
}

export function contains(seconds: Seconds, second: number): boolean {
  return seconds.some(([start, stop]) => start <= second && second < stop)
}

/** What was played next goes behind: into the last interval where it goes on from there. */
export function appended(played: Seconds, [start, stop]: Interval): Interval[] {
  const last = played[played.length - 1]
  if (last && last[1] === start) return [...played.slice(0, -1), [last[0], stop]]
  return [...played, [start, stop]]
}
