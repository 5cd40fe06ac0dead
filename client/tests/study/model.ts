/**
 * A server as the counting rules have it, as far as a client can tell: one reply a beat, durable a while later, restarts that come
 * back older or empty, and a network that loses what it likes. Clock, order and caps are left to the real one.
 */
import { Problem, unreachable } from '@/api/problem'
import { normalised, size, union, subtract } from '@/study/intervals'
import type { BeatBody, BeatReply, Covered, Interval, Opened, StudyApi } from '@/study/types'
import type { FakeClock } from './fakes'

interface Session {
  seq: number
  durable: number
  /** By seq: what was judged. */
  judged: Map<number, Interval[]>
  resent: number
  state: BeatReply['state']
}

/** What becomes of one request. */
export type Fate = 'fine' | 'request lost' | 'reply lost' | 'no answer' | 'slow' | 'busy'

export class ModelServer implements StudyApi {
  sessions = new Map<string, Session>()
  /** Of the lesson; SQL's. */
  kept: Interval[] = []
  fate: () => Fate = () => 'fine'
  longest = 0
  calls: string[] = []
  rules = { max_rate: 1, max_silence: 180, may_skip_ahead: true }
  refusal: Problem | undefined
  /** Laid over the next replies, one each. */
  extras: Partial<BeatReply>[] = []
  farewells: BeatBody[] = []
  /** What sessions that are lost had judged, and SQL has. */
  private flushed: Interval[] = []
  private opened = 0

  constructor(
    private readonly clock: FakeClock,
    readonly duration = 600,
    public resumeAt = 0,
  ) {}

  /* What happens to it. */

  flush(): void {
    for (const session of this.sessions.values()) session.durable = session.seq
    this.kept = union(this.kept, this.live())
  }

  /** Redis comes back as it was at `snapshot()`; SQL is as it is. */
  snapshot(): Map<string, Session> {
    return new Map([...this.sessions].map(([token, one]) => [token, { ...one, judged: new Map(one.judged) }]))
  }

  restore(older: Map<string, Session>): void {
    for (const [token, now] of this.sessions) {
      const then = older.get(token)
      if (!then) this.lose(token, now)
      // What is durable is in SQL and comes back from there: a snapshot from before it could not be taken up again.
      else if (then.seq >= now.durable) this.sessions.set(token, { ...then, judged: new Map(then.judged), durable: now.durable })
    }
  }

  forget(): void {
    for (const [token, session] of this.sessions) this.lose(token, session)
  }

  private lose(token: string, session: Session): void {
    this.flushed.push(...[...session.judged].filter(([seq]) => seq <= session.durable).flatMap(([, played]) => played))
    this.sessions.delete(token)
  }

  /* What it knows. */

  /** Everything reported, in every session, as often as it was judged. */
  reported(): Interval[] {
    return [...this.flushed, ...this.live()]
  }

  coverage(): Interval[] {
    return union(this.kept, this.live())
  }

  private live(): Interval[] {
    return [...this.sessions.values()].flatMap(({ judged }) => [...judged.values()].flat())
  }

  /* The calls. */

  async open(): Promise<Opened> {
    this.calls.push('open')
    if (this.refusal) throw this.refusal
    if (this.fate() !== 'fine') throw unreachable()
    const token = `token-${++this.opened}`
    for (const session of this.sessions.values()) session.state = 'displaced'
    this.sessions.set(token, { seq: 0, durable: 0, judged: new Map(), resent: 0, state: 'playing' })
    const coverage = this.coverage()
    return {
      session_id: `session-${this.opened}`,
      study_token: token,
      duration: this.duration,
      resume_at: this.resumeAt,
      credited: size(coverage),
      coverage: coverage.map(([start, stop]) => [start, stop]),
      beat_every_ms: 20_000,
      rules: {
        day_cap: null,
        second_device: 'ask',
        presence_kind: 'tap',
        answer_within: 120,
        ...this.rules,
      },
      media_url: '/media/lesson.mp4',
      today: { credited: 0, cap: null },
    } as Opened
  }

  beat(token: string, body: BeatBody): Promise<BeatReply> {
    return this.through(() => this.judge(token, body), body)
  }

  end(token: string, body: BeatBody): Promise<BeatReply> {
    return this.through(() => {
      const reply = this.judge(token, body)
      const session = this.sessions.get(token)
      if (typeof reply.resend_from === 'number') return reply
      if (session) session.state = 'ended'
      return { ...reply, state: 'ended' }
    }, body)
  }

  async presence(token: string): Promise<BeatReply> {
    const session = this.sessions.get(token)
    if (!session) throw new Problem(410, 'session_gone', '')
    return this.reply(session)
  }

  async covered(): Promise<Covered> {
    this.calls.push('covered')
    const coverage = this.coverage()
    return { credited: size(coverage), coverage, pending: [] }
  }

  farewell(token: string, body: BeatBody): void {
    this.farewells.push(body)
    try {
      this.judge(token, body)
    } catch {
      // Nobody hears it.
    }
  }

  private async through(judge: () => BeatReply, body: BeatBody): Promise<BeatReply> {
    this.longest = Math.max(this.longest, JSON.stringify({ hidden: [], rate: null, ...body }).length)
    if (body.played.length > 32) throw new Problem(422, 'invalid', '')
    const fate = this.fate()
    await this.after(fate === 'slow' ? 25_000 : 40)
    if (fate === 'busy') throw new Problem(503, 'try_again', '', 7)
    if (fate === 'request lost') throw unreachable()
    const reply = judge()
    if (fate === 'reply lost') throw unreachable()
    if (fate === 'no answer') await this.after(29_900).then(() => Promise.reject(unreachable()))
    return reply
  }

  private after(ms: number): Promise<void> {
    return new Promise((resolve) => void this.clock.later(ms, resolve))
  }

  private judge(token: string, body: BeatBody): BeatReply {
    this.calls.push(`beat ${body.seq} acked ${body.acked}`)
    const session = this.sessions.get(token)
    if (!session) throw new Problem(410, 'session_gone', '')
    if (body.acked > session.seq && session.resent < 3) {
      session.resent += 1
      return { ...this.reply(session), resend_from: session.seq + 1 }
    }
    if (body.seq > session.seq) {
      if (session.state === 'playing') session.judged.set(body.seq, body.played)
      session.seq = body.seq
      session.resent = 0
    }
    return this.reply(session)
  }

  private reply(session: Session): BeatReply {
    const reported = size([...session.judged.values()].flat())
    return {
      seq: session.seq,
      state: session.state,
      credited: size(this.coverage()),
      session: { reported, credited: reported, pending: 0, withheld: {} },
      next_ms: 20_000,
      durable: session.durable,
      challenge: null,
      resend_from: null,
      resume_at: null,
      message: null,
      ...this.extras.shift(),
    }
  }
}

/** How often each second stands in a list. */
export function counts(list: readonly Interval[]): Map<number, number> {
  const found = new Map<number, number>()
  for (const [start, stop] of list)
    for (let second = start; second < stop; second++) found.set(second, (found.get(second) ?? 0) + 1)
  return found
}

export { normalised, subtract }
