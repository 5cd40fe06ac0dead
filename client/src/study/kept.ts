/** What sessions keep in the storage, so that a page that is killed loses nothing it told. One key a session: tabs do not meet. */
import type { Storage } from '@/platform/storage'
import { normalised } from './intervals'
import type { Made, QueueState } from './queue'
import type { Interval } from './types'

export interface Kept extends QueueState {
  session: string
  token: string
  enrolment: number
  lesson: number
  device: string
  duration: number
  /** The programme's max_silence, s. */
  silence: number
  /** Last written: the device's clock, ms since 1970. */
  written: number
}

const PREFIX = 'study:'
/** Study tokens live a day; nobody takes what is older. */
const OLDEST = 2 * 86_400_000

export function keyOf(account: number, session: string): string {
  return `${PREFIX}${account}:${session}`
}

export function keep(storage: Storage, account: number, kept: Kept): void {
  storage.set(keyOf(account, kept.session), kept)
}

export function forget(storage: Storage, account: number, session: string): void {
  storage.remove(keyOf(account, session))
}

/** What earlier sessions of this account left, oldest first. Whatever is broken, or too old for anybody to take, is removed. */
export function leftBehind(storage: Storage, account: number, now: number): Kept[] {
  const found: Kept[] = []
  for (const key of storage.keys().filter((name) => name.startsWith(PREFIX))) {
    const kept = readKept(storage.get(key))
    if (!kept || Math.abs(now - kept.written) > OLDEST) storage.remove(key)
    else if (key === keyOf(account, kept.session)) found.push(kept)
  }
  return found.sort((a, b) => a.written - b.written)
}

function readKept(value: unknown): Kept | undefined {
  if (!isRecord(value)) return undefined
  const { session, token, enrolment, lesson, device, duration, silence, written, last, acked, openAt } = value
  if (typeof session !== 'string' || typeof token !== 'string' || typeof device !== 'string') return undefined
  if (!isWhole(enrolment) || !isWhole(lesson) || !isWhole(duration) || !isWhole(silence)) return undefined
  if (!isTime(written) || !isWhole(last) || !isWhole(acked) || !isTime(openAt) || !Array.isArray(value.beats)) return undefined
  const open = readPlayed(value.open, duration)
  const beats: Made[] = []
  for (const one of value.beats) {
    const made = readMade(one, duration)
    if (!made || made.seq > last || made.seq <= (beats[beats.length - 1]?.seq ?? 0)) return undefined
    beats.push(made)
  }
  if (!open) return undefined
  return { session, token, enrolment, lesson, device, duration, silence, written, last, acked, openAt, open, beats }
}

function readMade(value: unknown, duration: number): Made | undefined {
  if (!isRecord(value)) return undefined
  const { seq, at, rate, end } = value
  const played = readPlayed(value.played, duration)
  if (!isWhole(seq) || !isTime(at) || !played) return undefined
  const made: Made = { seq, at, played }
  if (typeof rate === 'number') made.rate = rate
  if (end === true) made.end = true
  return made
}

function readPlayed(value: unknown, duration: number): Interval[] | undefined {
  if (!Array.isArray(value) || value.length > 32) return undefined
  const pairs: Interval[] = []
  for (const one of value) {
    const [pair] = Array.isArray(one) ? normalised([one]) : []
    if (!pair || pair[0] < 0 || pair[1] > duration) return undefined
    pairs.push(pair)
  }
  return pairs
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

/** ms since 1970, which a clock may give in parts. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value < 1e15
}
