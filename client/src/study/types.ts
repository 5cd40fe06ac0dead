/** What the player is made of: the server, the clock and the video as it needs them, and what a page may show of it. Pure. */
import type { Problem } from '@/api/problem'
import type { Reply } from '@/api/call'
import type { Storage } from '@/platform/storage'

/** Half-open, whole media seconds. */
export type Interval = readonly [start: number, stop: number]

export type Opened = Reply<'open_study_session'>
export type BeatReply = Reply<'beat'>

export interface BeatBody {
  seq: number
  acked: number
  /** RFC 3339 with offset: when it was made. */
  at: string
  played: Interval[]
  rate?: number
}

export interface Covered {
  credited: number
  coverage: Interval[]
  pending: Interval[]
}

/** The server's study calls. Each raises Problem. */
export interface StudyApi {
  open(asked: { enrolment_id: number; lesson_id: number; device: string; take_over: boolean }): Promise<Opened>
  beat(token: string, body: BeatBody): Promise<BeatReply>
  presence(token: string, body: { challenge_id: string; answer?: string }): Promise<BeatReply>
  end(token: string, body: BeatBody): Promise<BeatReply>
  covered(token: string): Promise<Covered>
  /** The page is going away: send without waiting for the reply (web: fetch keepalive). */
  farewell(token: string, body: BeatBody): void
}

export interface Clock {
  /** ms since 1970, the device's clock. */
  now(): number
  /** Never falls and never jumps: ms. */
  steady(): number
  /** Calls `act` after `ms`; the returned function takes it back. */
  later(ms: number, act: () => void): () => void
  random(): number
}

/** What the player may do to the video. */
export interface Video {
  pause(): void
  seek(second: number): void
  setRate(rate: number): void
}

export interface Ports {
  api: StudyApi
  storage: Storage
  clock: Clock
  video: Video
}

export interface Lesson {
  accountId: number
  enrolmentId: number
  lessonId: number
  /** The player's name for the teacher. */
  device: string
}

export type Phase =
  | 'opening'
  /** Another player holds the seat; `elsewhere` says which. open(true) takes over. */
  | 'elsewhere'
  /** It did not open; `problem` says why. open() tries again. */
  | 'refused'
  | 'open'
  /** This player ended itself or another took over (`verdict` displaced); open() starts anew. */
  | 'over'

export interface Challenge {
  id: string
  kind: 'tap' | 'digits'
  /** data: URI of a PNG, for digits. */
  picture?: string
  /** The device's clock, ms since 1970. */
  deadline: number
  /** Answers that were wrong. */
  wrong: number
}

/** Everything a page shows; the player alone writes it. Seconds are media seconds. */
export interface PlayerState {
  phase: Phase
  problem: Problem | undefined
  elsewhere: { device: string; since: string; mayTakeOver: boolean } | undefined
  opened: Opened | undefined
  duration: number
  /** Credited for sure; what waits for a check or for the server's word; both normalised (sorted, apart). */
  coverage: Interval[]
  pending: Interval[]
  /** Of the lesson, all sessions together. */
  credited: number
  today: { credited: number; cap: number | null }
  /** Of this session, by the server's reckoning. */
  session: { reported: number; credited: number; pending: number; withheld: Record<string, number> }
  verdict: BeatReply['state']
  challenge: Challenge | undefined
  /** The server's Chinese sentence about what it withheld or asks; '' for none. */
  message: string
  /** Seconds played here that the server has not judged yet. */
  unsent: number
  /** True while beats cannot be delivered; they are kept. */
  offline: boolean
  /** The furthest second that may be sought to: duration where skipping ahead is allowed. */
  mayReach: number
}

export function blankState(): PlayerState {
  return {
    phase: 'opening',
    problem: undefined,
    elsewhere: undefined,
    opened: undefined,
    duration: 0,
    coverage: [],
    pending: [],
    credited: 0,
    today: { credited: 0, cap: null },
    session: { reported: 0, credited: 0, pending: 0, withheld: {} },
    verdict: 'playing',
    challenge: undefined,
    message: '',
    unsent: 0,
    offline: false,
    mayReach: 0,
  }
}
