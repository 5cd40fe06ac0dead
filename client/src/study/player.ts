/** One open lesson: joins the video, the beats and the server. */
import { asProblem, type Problem } from '@/api/problem'
import { challengeOf, wrongAgain } from './challenge'
import { patiently } from './courier'
import { deliverBefore } from './deliver'
import { subtract } from './intervals'
import { forget, keyOf } from './kept'
import type { Made } from './queue'
import { Reach } from './reach'
import { Sitting, todayOf } from './sitting'
import { Tracker } from './tracker'
import type { BeatReply, Interval, Lesson, Opened, PlayerState, Ports } from './types'

export { deliverHeld } from './deliver'

/** An answer that did not arrive is given again after, ms. */
const ANSWER_AGAIN = [1_000, 2_000, 4_000]
/** Beats that only ask how far all is durable, while nothing plays. */
const MOST_ASKED = 3
/** By then another page, that has begun to write, has opened its session, ms. */
const OTHER_OPENS = 1_500

const TURNED_BACK = '本课第一次看不能往前跳，已回到刚才的地方。看过的部分可以随意回看。'
const OFFLINE_TOO_LONG = '网络断开太久，再往下看就记不上了，先停在这里。已看的部分都存着，网络恢复后自动补记。'

export class Player {
  private sitting: Sitting | undefined
  private tracker: Tracker | undefined
  private reach = new Reach(0, true)
  private rate = 1
  private stopTimer: (() => void) | undefined
  private isOpening = false
  private isClosing = false
  private isStaying = false
  private whenClosed: (() => void) | undefined
  private heardAt = -Infinity
  private asked = 0
  /** Rises with each answer to a check: a beat that was under way meanwhile brings older figures. */
  private answers = 0
  private answersAtFlight = 0
  /** What other pages of this device keep: each is asked about once. */
  private readonly others = new Set<string>()

  constructor(
    readonly ports: Ports,
    readonly lesson: Lesson,
    /** Written here, shown by the page (reactive there). */
    readonly state: PlayerState,
  ) {}

  /** Opens a session, after what an earlier one still holds was delivered. Never raises: `state` says what became of it. */
  async open(takeOver = false): Promise<void> {
    if (this.isOpening || this.state.phase === 'open') return
    this.isOpening = true
    this.isClosing = false
    Object.assign(this.state, { phase: 'opening', problem: undefined, elsewhere: undefined })
    try {
      const delivered = await deliverBefore(this.ports, this.lesson)
      if (delivered.blocked) return this.refuse(delivered.blocked)
      const opened = await this.ask(takeOver)
      this.tracker = new Tracker(opened.duration, () => this.ports.clock.steady())
      this.tracker.seek(opened.resume_at)
      this.begin(opened, delivered.carried)
      delivered.done()
      if (this.isClosing) await this.close()
    } catch (error) {
      this.refuse(asProblem(error))
    } finally {
      this.isOpening = false
    }
  }

  /* What the video does. */

  playing(rate: number): void {
    this.rate = rate
    this.tracker?.play(rate)
    const most = this.state.opened?.rules.max_rate
    if (most !== undefined && rate > most + 0.001) {
      this.ports.video.setRate(most)
      this.state.message = `本课最高 ${most} 倍速，已调回。`
    }
    this.pauseIfTooLong()
    if (this.state.phase !== 'open') return
    // Whoever comes back after a while learns at once whether the seat is still his.
    if (this.ports.clock.steady() - this.heardAt > this.usual()) this.sitting?.courier.flush(true)
    this.asked = 0
    if (!this.stopTimer) this.schedule(this.usual())
  }

  moved(position: number): void {
    const tracker = this.tracker
    if (!tracker) return
    const before = tracker.position
    const how = tracker.move(position)
    this.gather()
    if (how === 'ahead' && this.turnedBack(position, before)) return
    if (how !== 'on') this.flush()
  }

  paused(): void {
    this.tracker?.pause()
    this.flush()
  }

  seeked(position: number): void {
    const before = this.tracker?.position
    this.tracker?.seek(position)
    this.gather()
    if (!this.turnedBack(position, before)) this.flush()
  }

  /** Done when the last second is reported too: it has to be over by the server's clock. */
  async ended(): Promise<void> {
    this.tracker?.end()
    this.flush()
    if (await this.lastSecond()) this.flush()
  }

  /* What the page does. */

  hide(): void {
    this.tracker?.hide()
    this.flush()
    this.ports.video.pause()
  }

  show(): void {
    this.tracker?.show()
    this.flush()
  }

  /** The device says that the network is back. */
  reconnected(): void {
    this.sitting?.courier.urge()
  }

  /** Another page of this device studies: where it has taken the seat, what plays here from now on would count nowhere. */
  otherTab(key: string): void {
    if (this.state.phase !== 'open' || !key.startsWith(keyOf(this.lesson.accountId, '')) || this.others.has(key)) return
    this.others.add(key)
    this.ports.clock.later(OTHER_OPENS, () => {
      this.gather()
      if (this.state.phase === 'open') this.sitting?.courier.flush(true)
    })
  }

  leave(): void {
    this.tracker?.close()
    this.gather()
    const session = this.sitting
    // One at a time: what is under way has the older seconds; these stay in the storage for the next start.
    if (!session || this.state.phase !== 'open' || session.courier.isBusy) return
    const { queue, opened } = session
    const made = queue.next() ?? (queue.hasOpen ? queue.seal(this.ports.clock.now()) : undefined)
    if (!made) return
    session.save()
    this.ports.api.farewell(opened.study_token, queue.body(made))
  }

  /** Answers the open check; `state` says what became of it. Raises Problem where the answer did not reach the server. */
  async answer(text?: string): Promise<void> {
    const session = this.sitting
    const challenge = this.state.challenge
    if (!session || !challenge) return
    const { api, clock } = this.ports
    const body = { challenge_id: challenge.id, ...(text === undefined ? {} : { answer: text.trim() }) }
    for (let tried = 0; ; tried++) {
      const sentAt = clock.now()
      const { reply, problem } = await patiently(clock, api.presence(session.opened.study_token, body))
      if (session !== this.sitting) return
      if (reply) {
        this.answers += 1
        const wrong = wrongAgain(challenge, reply)
        this.hear(session, [], reply, sentAt, false)
        if (this.state.challenge) this.state.challenge.wrong = wrong
        return
      }
      if (problem.status === 410 || problem.status === 401) return this.reopen(session)
      const after = ANSWER_AGAIN[tried]
      if (!problem.passing || after === undefined) throw problem
      await this.pause(Math.max(after, problem.retryAfter * 1000))
    }
  }

  /** Ends the session: with its last beat, or by the next start where the server cannot be reached; `staying`: then not at all. */
  async close(staying = false): Promise<void> {
    this.isClosing = true
    this.isStaying = staying
    this.tracker?.pause()
    this.tracker?.close()
    this.gather()
    if (await this.lastSecond()) this.gather()
    const session = this.sitting
    if (!session || this.state.phase !== 'open' || this.whenClosed) return
    const isDone = new Promise<void>((resolve) => (this.whenClosed = resolve))
    session.courier.finish()
    await isDone
  }

  /* Inside. */

  private ask(takeOver: boolean): Promise<Opened> {
    const { enrolmentId: enrolment_id, lessonId: lesson_id, device } = this.lesson
    return this.ports.api.open({ enrolment_id, lesson_id, device, take_over: takeOver })
  }

  /** A session takes over from here; `carried` is what one that is lost held. */
  private begin(opened: Opened, carried: readonly Interval[]): void {
    const { clock } = this.ports
    const session: Sitting = new Sitting(this.ports, this.lesson, opened, {
      started: () => (this.answersAtFlight = this.answers),
      answered: (made, reply, sentAt) => this.answered(session, made, reply, sentAt),
      failed: (problem) => this.failed(session, problem),
      gone: () => void this.reopen(session),
      changed: () => session.save(),
    })
    const { queue, courier, ledger } = session
    this.sitting = session
    this.reach = new Reach(opened.duration, opened.rules.may_skip_ahead, ledger.coverage)
    const lacked = subtract(carried, ledger.coverage)
    queue.add(lacked, clock.now(), this.rate)
    this.reach.saw(lacked)
    Object.assign(this.state, {
      phase: 'open',
      opened,
      duration: opened.duration,
      verdict: 'playing',
      challenge: undefined,
      message: '',
      offline: false,
      session: { reported: 0, credited: 0, pending: 0, withheld: {} },
      today: todayOf(opened),
    })
    this.heardAt = clock.steady()
    this.paint()
    session.save()
    // The first word shows the server how long beats take to it, so that later ones may be late; with seconds of a lost session
    // it carries them at once, for they have the wall time since then.
    courier.flush(true)
    this.schedule(opened.beat_every_ms)
  }

  private refuse(problem: Problem): void {
    this.stop()
    if (problem.code === 'playing_elsewhere') {
      const { device, since, may_take_over: mayTakeOver } = problem.more
      this.state.elsewhere = { device: String(device ?? ''), since: String(since ?? ''), mayTakeOver: mayTakeOver === true }
      this.state.phase = 'elsewhere'
    } else this.state.phase = 'refused'
    this.state.problem = problem
  }

  /** The server has lost this session, or its token is over: a new one goes on, and reports what this one held. */
  private async reopen(lost: Sitting): Promise<void> {
    if (lost !== this.sitting || this.isOpening) return
    this.isOpening = true
    lost.courier.stop()
    try {
      for (let tried = 0; ; tried++) {
        try {
          // What lost this one may have lost those before it, and what they hold is not durable yet.
          const delivered = await deliverBefore(this.ports, this.lesson, lost.opened.session_id)
          if (delivered.blocked) throw delivered.blocked
          const opened = await this.ask(false)
          this.gather()
          this.begin(opened, [...delivered.carried, ...lost.queue.held])
          delivered.done()
          forget(this.ports.storage, this.lesson.accountId, lost.opened.session_id)
          if (this.whenClosed) this.sitting?.courier.finish()
          return
        } catch (error) {
          const problem = asProblem(error)
          if (!problem.passing) {
            this.ports.video.pause()
            return this.refuse(problem)
          }
          this.failed(lost, problem)
          const latest = Math.min(60_000, 15_000 * 2 ** tried)
          await this.pause(Math.max(problem.retryAfter * 1000, latest * this.ports.clock.random()))
          // Closed meanwhile: what is held waits for the next start.
          if (this.state.phase !== 'open') return
        }
      }
    } finally {
      this.isOpening = false
    }
  }

  /** New seconds into the queue; the page sees them as pending. */
  private gather(): void {
    const played = this.tracker?.take() ?? []
    const session = this.sitting
    if (!played.length || !session || this.state.phase !== 'open') return
    this.reach.saw(played)
    session.queue.add(played, this.ports.clock.now(), this.rate)
    session.save()
    this.paint()
    this.pauseIfTooLong()
  }

  /** Waits for the time of what was seen nearly to its end; whether there was anything to wait for. */
  private async lastSecond(): Promise<boolean> {
    const wait = this.state.phase === 'open' ? (this.tracker?.wait ?? 0) : 0
    if (wait > 0) await this.pause(wait)
    return wait > 0
  }

  private flush(): void {
    this.gather()
    if (this.state.phase === 'open') this.sitting?.courier.flush()
  }

  private answered(session: Sitting, made: Made, reply: BeatReply, sentAt: number): void {
    if (session !== this.sitting) return
    this.hear(session, made.played, reply, sentAt, this.answersAtFlight !== this.answers)
    if (made.end && typeof reply.resend_from !== 'number') this.over()
  }

  private failed(session: Sitting, problem: Problem): void {
    if (session !== this.sitting) return
    this.state.offline = problem.passing
    this.state.problem = problem
    this.pauseIfTooLong()
    if (this.whenClosed && this.isStaying) this.goOn(session)
    else if (this.whenClosed) this.over()
  }

  private hear(session: Sitting, played: readonly Interval[], reply: BeatReply, sentAt: number, overtaken: boolean): void {
    const { state, ports } = this
    const before = state.verdict
    this.heardAt = ports.clock.steady()
    session.ledger.judge(played, reply, overtaken)
    Object.assign(state, { offline: false, problem: undefined, verdict: reply.state, session: reply.session })
    const keepsWord = reply.state === before && (reply.state === 'idle' || reply.state === 'closed')
    state.message = reply.message ?? (keepsWord ? state.message : '')
    state.challenge = challengeOf(reply, state.challenge, sentAt)
    this.paint()
    session.askCovered(() => session === this.sitting && this.paint())
    if (typeof reply.resume_at === 'number') this.goTo(this.reach.isAt(reply.resume_at))
    if (reply.state === 'displaced') session.queue.dropOpen()
    if (reply.state === 'displaced' || (reply.state === 'idle' && before !== 'idle')) ports.video.pause()
    if (reply.state === 'displaced' || (reply.state === 'ended' && !this.isClosing)) this.over()
    else this.schedule(reply.next_ms)
  }

  private schedule(ms: number): void {
    this.stopTimer?.()
    if (this.state.phase !== 'open') return
    this.stopTimer = this.ports.clock.later(ms, () => {
      this.stopTimer = undefined
      this.beat()
    })
  }

  private beat(): void {
    const { sitting: session, state } = this
    if (!session || state.phase !== 'open') return
    this.gather()
    const waitsForWord = state.challenge !== undefined || state.verdict === 'idle'
    const isHeld = !session.queue.isEmpty && this.asked < MOST_ASKED
    if (session.queue.hasOpen || waitsForWord || isHeld) {
      this.asked = session.queue.hasOpen ? 0 : this.asked + 1
      session.courier.flush(true)
    }
    if (this.tracker?.playing || waitsForWord || isHeld) this.schedule(this.usual())
  }

  private usual(): number {
    return this.state.opened?.beat_every_ms ?? 20_000
  }

  /** Whether a jump to `position` went too far ahead; the video is sent back to where it was. */
  private turnedBack(position: number, before: number | undefined): boolean {
    if (this.state.phase !== 'open' || this.reach.mayGo(position)) return false
    this.goTo(Math.min(before ?? this.reach.furthest, this.reach.furthest))
    this.state.message = TURNED_BACK
    return true
  }

  private goTo(second: number): void {
    this.tracker?.seek(second)
    this.ports.video.seek(second)
  }

  /** Longer without the server than a silence: no second beyond it would count, so none is wasted. */
  private pauseIfTooLong(): void {
    const rules = this.state.opened?.rules
    if (!rules || !this.state.offline || this.state.phase !== 'open') return
    const most = rules.max_silence * rules.max_rate
    if (this.state.unsent < most - Math.min(5, most / 10)) return
    this.ports.video.pause()
    this.state.message = OFFLINE_TOO_LONG
  }

  private paint(): void {
    this.sitting?.paint(this.state)
    this.state.mayReach = this.reach.most
  }

  /** The end was not heard, and the page is still there: what is held goes on being sent. */
  private goOn(session: Sitting): void {
    session.queue.takeEndBack()
    session.save()
    this.isClosing = false
    this.whenClosed?.()
    this.whenClosed = undefined
  }

  private over(): void {
    this.stop()
    this.state.phase = 'over'
  }

  private stop(): void {
    this.stopTimer?.()
    this.stopTimer = undefined
    if (this.sitting) {
      this.sitting.courier.stop()
      this.sitting.save()
    }
    this.paint()
    this.whenClosed?.()
    this.whenClosed = undefined
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.ports.clock.later(ms, resolve))
  }
}
