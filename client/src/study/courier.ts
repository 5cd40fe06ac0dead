/** Carries a queue's beats to the server: one in flight, again as it was until it is answered, later and later. */
import { asProblem, type Problem } from '@/api/problem'
import type { Made, Queue } from './queue'
import type { BeatReply, Ports } from './types'

/** How long a reply is waited for, ms: a server that starts again under a crowd answers late. */
export const PATIENCE = 30_000
/** Failed once, twice, more often: tried again at a random moment of the next … ms. */
const BACK_OFF = [15_000, 30_000, 60_000]

export interface Told {
  /** A beat goes out. */
  started(): void
  /** `sentAt`: the device's clock. */
  answered(made: Made, reply: BeatReply, sentAt: number): void
  /** It will be tried again. */
  failed(problem: Problem): void
  /** This session takes nothing any more: Redis has lost it, or its token is over. */
  gone(): void
  /** The queue changed. */
  changed(): void
}

export class Courier {
  private isWanted = false
  private mayBeEmpty = false
  private flying: Made | undefined
  private failures = 0
  private takeBack: (() => void) | undefined
  private isOver = false

  constructor(
    private readonly ports: Pick<Ports, 'api' | 'clock'>,
    private readonly token: string,
    private readonly queue: Queue,
    private readonly told: Told,
  ) {}

  get isBusy(): boolean {
    return this.flying !== undefined
  }

  get isFailing(): boolean {
    return this.failures > 0
  }

  /** Send what there is: now, or as soon as what is under way is answered. `empty`: ask even when nothing was played. */
  flush(empty = false): void {
    this.isWanted = true
    this.mayBeEmpty ||= empty
    this.pump()
  }

  /** The network is back, says the device: do not wait for the next try. */
  urge(): void {
    if (!this.takeBack) return
    this.takeBack()
    this.takeBack = undefined
    this.pump()
  }

  /** The session's last beat, after all that were not answered. */
  finish(): void {
    this.queue.seal(this.ports.clock.now(), true)
    this.told.changed()
    this.urge()
    this.pump()
  }

  stop(): void {
    this.isOver = true
    this.takeBack?.()
    this.takeBack = undefined
  }

  private pump(): void {
    if (this.isOver || this.flying || this.takeBack) return
    const made = this.queue.next() ?? this.make()
    if (made) void this.send(made)
  }

  private make(): Made | undefined {
    const isWorthwhile = this.isWanted && (this.queue.hasOpen || this.mayBeEmpty)
    this.isWanted = this.mayBeEmpty = false
    if (!isWorthwhile) return undefined
    const made = this.queue.seal(this.ports.clock.now())
    this.told.changed()
    return made
  }

  private async send(made: Made): Promise<void> {
    const { api, clock } = this.ports
    this.flying = made
    this.told.started()
    const sentAt = clock.now()
    const body = this.queue.body(made)
    const asked = made.end ? api.end(this.token, body) : api.beat(this.token, body)
    const outcome = await patiently(clock, asked)
    this.flying = undefined
    if (this.isOver) return
    if (outcome.reply) {
      this.failures = 0
      this.queue.answered(made, outcome.reply)
      this.told.changed()
      this.told.answered(made, outcome.reply, sentAt)
      return this.pump()
    }
    const { problem } = outcome
    if (problem.status === 410 || problem.status === 401) return this.told.gone()
    // A defect of ours; sent again it would stand in the way of all that follow.
    if (problem.status === 422) this.queue.drop(made)
    if (made.played.length === 0 && !made.end) {
      this.queue.drop(made)
      // Nothing is lost with it, but what it asked is still to be known.
      this.mayBeEmpty = true
    }
    this.isWanted = true
    const latest = BACK_OFF[Math.min(this.failures++, BACK_OFF.length - 1)] ?? 0
    this.takeBack = clock.later(Math.max(problem.retryAfter * 1000, latest * clock.random()), () => {
      this.takeBack = undefined
      this.pump()
    })
    this.told.changed()
    this.told.failed(problem)
  }
}

type Outcome = { reply: BeatReply; problem?: undefined } | { reply?: undefined; problem: Problem }

/** The reply, or why there is none; a reply that comes too late is none. Never raises. */
export function patiently(clock: Ports['clock'], asked: Promise<BeatReply>): Promise<Outcome> {
  return new Promise((resolve) => {
    const takeBack = clock.later(PATIENCE, () => resolve({ problem: asProblem(new Late()) }))
    asked
      .then(
        (reply) => resolve({ reply }),
        (error: unknown) => resolve({ problem: asProblem(error) }),
      )
      .finally(takeBack)
  })
}

class Late extends Error {
  override name = 'Unreachable'
}
