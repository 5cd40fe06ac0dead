/** The beats of one session that the server may not have for good: numbered from 1, as docs/counting.md asks. Sends nothing itself. */
import { appended, size, type Seconds } from './intervals'
import type { BeatBody, BeatReply, Interval } from './types'

/** A beat as it was made; only `acked` is of the moment when it is sent. */
export interface Made {
  seq: number
  /** The device's clock, ms since 1970. */
  at: number
  played: Interval[]
  rate?: number
  /** The session's last one. */
  end?: true
}

/** What is kept of a queue. */
export interface QueueState {
  /** The newest beat made. */
  last: number
  /** The last reply seen. */
  acked: number
  /** In order; what is durable is left out. */
  beats: Made[]
  /** Played since, in no beat yet, and when its last second was. */
  open: Interval[]
  openAt: number
}

const MOST_INTERVALS = 32
/** Of the body's 500 bytes, those for `played`; the rest takes 110 at most. */
const MOST_TEXT = 380

export function blankQueue(): QueueState {
  return { last: 0, acked: 0, beats: [], open: [], openAt: 0 }
}

export class Queue {
  private rate = 1

  constructor(private readonly kept: QueueState = blankQueue()) {}

  get state(): QueueState {
    return this.kept
  }

  /** Nothing here that the server could lose. */
  get isEmpty(): boolean {
    return this.kept.open.length === 0 && this.kept.beats.length === 0
  }

  get hasOpen(): boolean {
    return this.kept.open.length > 0
  }

  /** Whether the server never answered in this session. */
  get isUnheard(): boolean {
    return this.kept.acked === 0
  }

  /** Played, and not judged yet, in order. */
  get unjudged(): Interval[] {
    return [...this.waiting().flatMap(({ played }) => played), ...this.kept.open]
  }

  /** All seconds held, in order: what a new session has to report when this one is gone. */
  get held(): Interval[] {
    return [...this.kept.beats.flatMap(({ played }) => played), ...this.kept.open]
  }

  /** A full beat is made at once, so that it has the time of its own last second. */
  add(played: Seconds, at: number, rate = 1): void {
    for (const interval of played) {
      const longer = appended(this.kept.open, interval)
      const fits = longer.length <= MOST_INTERVALS && JSON.stringify(longer).length <= MOST_TEXT
      if (!fits) this.seal(this.kept.openAt)
      this.kept.open = fits ? longer : [interval]
      this.kept.openAt = at
    }
    this.rate = rate
  }

  /** The beat to send next: the oldest that was not answered. */
  next(): Made | undefined {
    return this.waiting()[0]
  }

  /** Makes a beat of what was played since the last one; an empty one asks how things stand. */
  seal(at: number, end = false): Made {
    const { beats, open } = this.kept
    const made: Made = { seq: (this.kept.last = Math.max(this.kept.last, this.kept.acked) + 1), at: Math.max(at, this.after(at)), played: open }
    if (this.rate !== 1) made.rate = this.rate
    if (end) made.end = true
    beats.push(made)
    this.kept.open = []
    return made
  }

  body({ seq, at, played, rate }: Made): BeatBody {
    const body: BeatBody = { seq, acked: this.kept.acked, at: new Date(at).toISOString(), played }
    return rate === undefined ? body : { ...body, rate }
  }

  /** `made` was answered. What is durable is let go; where the server knows less than it did, it is asked for again. */
  answered(made: Made, reply: BeatReply): void {
    const asked = reply.resend_from
    this.kept.acked = typeof asked === 'number' ? asked - 1 : Math.max(reply.seq, made.seq)
    this.kept.beats = this.kept.beats.filter(
      ({ seq, played, end }) => seq > this.kept.acked || (seq > reply.durable && (size(played) > 0 || end === true)),
    )
  }

  /** Takes a beat out: an empty one that was not answered is worth nothing, and its wall time is another's. */
  drop(made: Made): void {
    this.kept.beats = this.kept.beats.filter((one) => one !== made)
  }

  /** A last beat that was not answered is a beat like any other. */
  takeEndBack(): void {
    for (const made of this.waiting()) delete made.end
  }

  /** Nobody will count what is in no beat yet. */
  dropOpen(): void {
    this.kept.open = []
  }

  private waiting(): Made[] {
    return this.kept.beats.filter(({ seq }) => seq > this.kept.acked)
  }

  /** Two beats of one moment: a clock that stands still proves nothing to the server. A clock that was put back stays as it is. */
  private after(at: number): number {
    const before = this.kept.beats[this.kept.beats.length - 1]
    return before && before.at === at ? at + 1 : at
  }
}
