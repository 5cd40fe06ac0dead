/** One session, from an opening to its end: its queue, its figures, and what of them is kept and shown. */
import { Courier, type Told } from './courier'
import { size, subtract, union } from './intervals'
import { forget, keep } from './kept'
import { Ledger } from './ledger'
import { Queue } from './queue'
import { Today } from './today'
import type { Lesson, Opened, PlayerState, Ports } from './types'

/** The server is asked which seconds are credited at most this often, ms. */
const COVERED_EVERY = 10_000

export class Sitting {
  readonly queue = new Queue()
  readonly ledger: Ledger
  readonly courier: Courier
  private readonly today: Today
  private coveredAt = -Infinity

  constructor(
    private readonly ports: Ports,
    private readonly lesson: Lesson,
    readonly opened: Opened,
    told: Told,
  ) {
    this.ledger = new Ledger(opened.coverage, opened.credited)
    this.courier = new Courier(ports, opened.study_token, this.queue, told)
    this.today = new Today(todayOf(opened).credited, ports.clock.now())
  }

  /** Into the storage, so that the page may be killed now. */
  save(): void {
    const { storage, clock } = this.ports
    const { accountId, enrolmentId: enrolment, lessonId: lesson, device } = this.lesson
    const { session_id: session, study_token: token, duration, rules } = this.opened
    if (this.queue.isEmpty) return forget(storage, accountId, session)
    const of = { session, token, enrolment, lesson, device, duration, silence: rules.max_silence }
    keep(storage, accountId, { ...this.queue.state, ...of, written: clock.now() })
  }

  /** Shows what is known. */
  paint(state: PlayerState): void {
    const { ledger, queue } = this
    const unjudged = queue.unjudged
    state.coverage = ledger.coverage
    state.pending = subtract(union(ledger.pending, unjudged), ledger.coverage)
    state.credited = ledger.credited
    state.today.credited = this.today.at(ledger.gained, this.ports.clock.now())
    state.unsent = size(unjudged)
  }

  /** Which seconds are credited, where figures do not tell; `then` when it is known. */
  askCovered(then: () => void): void {
    const { clock, api } = this.ports
    if (!this.ledger.isUnsure || clock.steady() - this.coveredAt < COVERED_EVERY) return
    this.coveredAt = clock.steady()
    const version = this.ledger.version
    api.covered(this.opened.study_token).then(
      (covered) => {
        this.ledger.learn(covered, version)
        then()
      },
      // The bar is a little behind; the next reply asks again.
      () => undefined,
    )
  }
}

export function todayOf(opened: Opened): { credited: number; cap: number | null } {
  return 'today' in opened && isToday(opened.today) ? { ...opened.today } : { credited: 0, cap: opened.rules.day_cap }
}

function isToday(value: unknown): value is { credited: number; cap: number | null } {
  return typeof value === 'object' && value !== null && 'credited' in value && typeof value.credited === 'number'
}
