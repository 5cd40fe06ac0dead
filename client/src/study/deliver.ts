/** What earlier sessions still hold reaches the server before a new one opens: the clock starts at the opening, and pays for nothing before. */
import { asProblem, type Problem } from '@/api/problem'
import { patiently } from './courier'
import { size, subtract } from './intervals'
import { forget, keep, leftBehind, type Kept } from './kept'
import { Queue } from './queue'
import type { Interval, Lesson, Opened, Ports } from './types'

type Means = Pick<Ports, 'api' | 'clock' | 'storage'>

export interface Delivered {
  /** The server could not be asked; what is held is kept. Opening now would take its wall time away. */
  blocked: Problem | undefined
  /** Played in lost sessions of the lesson that is to be opened: for its first beat. */
  carried: Interval[]
  /** To be called once `carried` is kept by the new session. */
  done(): void
}

/** A session that wrote this lately may still play in another tab, ms. */
const ALIVE = 60_000
/** A server that asks for the same again and again is not believed for ever. */
const MOST_SENT = 300

/** Sends what earlier sessions of this account hold. For the start of the app; never raises. */
export async function deliverHeld(ports: Means, accountId: number): Promise<void> {
  const { storage, clock } = ports
  const isAlive = ({ written }: Kept) => Math.abs(clock.now() - written) < ALIVE
  const left = leftBehind(storage, accountId, clock.now())
  for (const kept of left.filter((one) => !isAlive(one))) {
    const { isGone } = await resume(ports, accountId, kept)
    if (isGone) await salvage(ports, accountId, kept)
  }
  if (left.some(isAlive)) clock.later(ALIVE, () => void deliverHeld(ports, accountId))
}

/** The same before `lesson` is opened, which takes the place of every session but `own`. Never raises. */
export async function deliverBefore(ports: Means, lesson: Lesson, own?: string): Promise<Delivered> {
  const account = lesson.accountId
  const carried: Interval[] = []
  const carriers: string[] = []
  let blocked: Problem | undefined
  for (const kept of leftBehind(ports.storage, account, ports.clock.now())) {
    if (kept.session === own) continue
    const { problem, isGone } = await resume(ports, account, kept)
    blocked ??= problem
    if (!isGone) continue
    if (kept.enrolment === lesson.enrolmentId && kept.lesson === lesson.lessonId) {
      carried.push(...new Queue(kept).held)
      carriers.push(kept.session)
    } else blocked ??= await salvage(ports, account, kept)
  }
  const done = () => carriers.forEach((session) => forget(ports.storage, account, session))
  return { blocked, carried, done }
}

interface Fate {
  problem?: Problem
  /** The server has lost the session. */
  isGone?: boolean
}

/** Goes on with a session until it holds nothing that was not answered. */
async function resume({ api, clock, storage }: Means, account: number, kept: Kept): Promise<Fate> {
  const queue = new Queue(kept)
  // Its wall time is past: one that only asks is worth nothing now.
  for (const made of [...kept.beats]) if (made.played.length === 0 && !made.end) queue.drop(made)
  for (let sent = 0; sent < MOST_SENT && !queue.isEmpty; sent++) {
    if (!queue.next() && queue.hasOpen) queue.seal(kept.openAt, true)
    // Nothing unanswered: the newest again, for the reply says how far all is durable.
    const made = queue.next() ?? kept.beats[kept.beats.length - 1]
    if (!made) break
    keep(storage, account, kept)
    const body = queue.body(made)
    const { reply, problem } = await patiently(clock, made.end ? api.end(kept.token, body) : api.beat(kept.token, body))
    if (problem) {
      if (problem.status === 410) return { isGone: true }
      if (problem.passing) return { problem }
      // Its token is over, or it was never right: nobody takes this any more. A defect of the server may pass.
      if (problem.status >= 400 && problem.status < 500) forget(storage, account, kept.session)
      return {}
    }
    queue.answered(made, reply)
    if (reply.state === 'displaced' || reply.state === 'ended') queue.dropOpen()
    keep(storage, account, kept)
    if (!queue.next() && !queue.hasOpen) break
  }
  if (queue.isEmpty) forget(storage, account, kept.session)
  return {}
}

/**
 * Reports the seconds of a lost session in a new one, which then ends: the lesson is not being played. The clock of what was lost
 * runs on from where it was last heard, but no longer than a silence; later it is not worth taking the seat.
 */
async function salvage(ports: Means, account: number, kept: Kept): Promise<Problem | undefined> {
  const { api, clock, storage } = ports
  const played = clock.now() - kept.written < kept.silence * 1000 ? new Queue(kept).held : []
  if (size(played) > 0) {
    let opened: Opened
    try {
      const { enrolment: enrolment_id, lesson: lesson_id, device } = kept
      opened = await api.open({ enrolment_id, lesson_id, device, take_over: false })
    } catch (error) {
      const problem = asProblem(error)
      if (problem.passing) return problem
      forget(storage, account, kept.session)
      return undefined
    }
    const queue = new Queue()
    queue.add(subtract(played, opened.coverage), clock.now())
    queue.seal(clock.now(), true)
    const { session_id: session, study_token: token } = opened
    const fresh: Kept = { ...kept, ...queue.state, session, token, written: clock.now() }
    keep(storage, account, fresh)
    forget(storage, account, kept.session)
    return (await resume(ports, account, fresh)).problem
  }
  forget(storage, account, kept.session)
  return undefined
}
