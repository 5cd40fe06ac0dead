/** How far a teacher may go ahead in a lesson that has to be seen in order, as the server reckons it (heartbeat/judgement.py). */
import type { Seconds } from './intervals'

/** The server's slack, s. */
const SLACK = 5
/** As much of a second may be missing for it to count (tracker). */
const ROUNDING = 0.25

export class Reach {
  /** The first second not seen in order. */
  furthest: number

  constructor(
    private readonly duration: number,
    private readonly isFree: boolean,
    coverage: Seconds = [],
  ) {
    this.furthest = coverage[coverage.length - 1]?.[1] ?? 0
  }

  /** The furthest second that may be gone to. */
  get most(): number {
    return this.isFree ? this.duration : Math.min(this.duration, this.furthest + SLACK)
  }

  mayGo(position: number): boolean {
    return this.isFree || position <= this.furthest + SLACK + ROUNDING
  }

  saw(played: Seconds): void {
    for (const [start, stop] of played) {
      if (start <= this.furthest + SLACK) this.furthest = Math.max(this.furthest, stop)
    }
  }

  /** The server says where it is. */
  isAt(second: number): number {
    this.furthest = second
    return second
  }
}
