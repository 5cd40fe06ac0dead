/**
 * From what a video element says to the whole media seconds that were really played, in the order played.
 *
 * Devices tell their position one to four times a second, some in whole seconds; they repeat `play`, leave out `pause`, freeze and
 * jump. So the steady clock decides: a position that the time played can have reached was played, any other was jumped to.
 */
import { appended } from './intervals'
import type { Interval } from './types'

/** Seconds that a position may be ahead of the clock: events come late, and not all alike. */
const SLACK = 1.5
/** At the start there is less of it. */
const FIRST_SLACK = 1
/** A position this little behind is a rounded one, not a jump. */
const BACK = 1
/** A whole second counts when no more than this is missing at its beginning or its end. */
const MISSING = 0.25
/** Media that no tick spoke of for longer than this (s of wall time) may have been jumped over while the video waited for data. */
const LONGEST_TICK = 10
/** Of what a position may lack in the middle of playing: 9.98 is the end of second 9. */
const ROUNDING = 0.05
/** The server keeps at most this much wall time that was not played (CARRY_MS), s. */
const CARRY = 2
/** Seconds that may wait for their wall time: more is no rounding. */
const MOST_DUE = 2
/** Fractions of floating point. */
const TINY = 1e-6

export type Moved = 'on' | 'back' | 'ahead'

export class Tracker {
  private isPlaying = false
  private isHidden = false
  private rate = 1
  /** Where the video is, as far as it told; undefined before it told anything. */
  private at: number | undefined
  /** The steady clock when time was last reckoned, ms. */
  private reckoned = 0
  /** Media seconds that the time played has paid for, and no position has used. */
  private paid = FIRST_SLACK
  /** Media seconds that may still be reported: the server's clock runs from the opening, and pays for no second before it is over. */
  private allowed = 0
  /** Seen nearly to their end, and not paid for yet. */
  private due: number[] = []
  /** The next whole second that counts when its end is reached. */
  private next = 0
  private found: Interval[] = []

  constructor(
    private readonly duration: number,
    private readonly steady: () => number,
  ) {
    this.reckoned = steady()
  }

  get position(): number | undefined {
    return this.at
  }

  get playing(): boolean {
    return this.isPlaying
  }

  /** Wall time until all that was seen may be reported, ms; time that passes without playing is enough. */
  get wait(): number {
    this.reckon()
    return this.due.length ? Math.ceil((this.due.length - this.allowed) * 1000) : 0
  }

  play(rate: number): void {
    this.reckon()
    this.isPlaying = true
    if (rate > 0) this.rate = rate
  }

  pause(): void {
    this.reckon()
    this.isPlaying = false
  }

  /** Out of sight: what plays there is not reported. */
  hide(): void {
    this.reckon()
    this.close()
    this.isHidden = true
  }

  show(): void {
    this.reckon()
    this.isHidden = false
  }

  /** The video's position, as its tick says. Where it jumped: to where, and nothing in between counts. */
  move(position: number): Moved {
    const here = this.within(position)
    this.reckon()
    this.paid = Math.min(this.paid, LONGEST_TICK * this.rate + SLACK)
    if (this.isHidden || this.at === undefined) {
      this.jump(here)
      return 'on'
    }
    const ahead = here - this.at
    if (ahead < -BACK) {
      this.jump(here)
      return 'back'
    }
    if (ahead > this.paid) {
      this.jump(here)
      return 'ahead'
    }
    if (ahead > 0) {
      this.at = here
      this.paid -= ahead
      this.emit()
    }
    this.paid = Math.min(this.paid, SLACK)
    return 'on'
  }

  /** The video was told to go there, or says that it did. */
  seek(position: number): void {
    this.reckon()
    this.jump(this.within(position))
  }

  /** The end of the video: the last second counts, if there was time to play to it. */
  end(): void {
    this.reckon()
    if (!this.isHidden && this.at !== undefined && this.duration - this.at <= this.paid) this.at = this.duration
    this.close()
    this.isPlaying = false
  }

  /** What was played to its end since this was last asked, in order. */
  take(): Interval[] {
    this.reckon()
    const found = this.found
    this.found = []
    return found
  }

  /** Counts the second that is nearly over: what comes may be the last that is heard of this page. */
  close(): void {
    if (this.at !== undefined && this.at >= this.next + 1 - MISSING) this.count()
  }

  private within(position: number): number {
    return Number.isFinite(position) ? Math.min(Math.max(position, 0), this.duration) : (this.at ?? 0)
  }

  private jump(to: number): void {
    if (!this.isHidden) this.close()
    this.at = to
    this.next = Math.max(0, Math.ceil(to - MISSING))
    this.paid = FIRST_SLACK
  }

  private reckon(): void {
    const now = this.steady()
    const passed = (now - this.reckoned) / 1000
    this.reckoned = now
    if (this.isPlaying && !this.isHidden) {
      this.paid += passed * this.rate
      this.allowed += passed * this.rate
    } else this.allowed = Math.max(this.allowed, Math.min(CARRY, this.allowed + passed))
    this.settle()
  }

  private emit(): void {
    while (this.at !== undefined && this.next + 1 <= this.at + ROUNDING) this.count()
  }

  private count(): void {
    if (this.next < this.duration && this.due.length < MOST_DUE) this.due.push(this.next)
    this.next += 1
    this.settle()
  }

  private settle(): void {
    for (; this.allowed >= 1 - TINY; this.allowed -= 1) {
      const second = this.due.shift()
      if (second === undefined) return
      this.found = appended(this.found, [second, second + 1])
    }
  }
}
