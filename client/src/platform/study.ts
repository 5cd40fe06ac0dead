/** The server and the clock as the player needs them. */
import { addressOf, call, type Input } from '@/api/call'
import type { BeatBody, Clock, StudyApi } from '@/study/types'
import { API_URL, exchange } from './http'
import { isWeb } from './kind'

export const studyApi: StudyApi = {
  // Again is harmless: the same device takes the place of what the lost reply opened.
  open: (body) => call('open_study_session', { body }, { again: 1 }),
  beat: (token, body) => call('beat', { body: whole(body) }, { token }),
  presence: (token, { challenge_id, answer = null }) =>
    call('answer_presence_check', { body: { challenge_id, answer } }, { token }),
  end: (token, body) => call('end_study_session', { body: whole(body) }, { token }),
  covered: (token) => call('show_coverage', {}, { token, again: 0 }),
  farewell,
}

export const clock: Clock = {
  now: () => Date.now(),
  steady,
  later(ms, act) {
    const timer = setTimeout(act, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}

/** WeChat has no clock but the one that can be set: a leap of it counts as little, a step back as nothing. */
const LEAP = 10_000
let passed = 0
let last = Date.now()

function steady(): number {
  if (typeof performance !== 'undefined' && typeof performance.now === 'function') return performance.now()
  const now = Date.now()
  passed += Math.min(Math.max(now - last, 0), LEAP)
  last = now
  return passed
}

/** The generated types name every field; a beat leaves out what says nothing. */
function whole(body: BeatBody): Input<'beat'>['body'] {
  return { hidden: [], rate: null, ...body, played: body.played.map(([start, stop]) => [start, stop]) }
}

/** The browser sends it even when the page is gone; WeChat lets the last requests of a page go out by itself. */
function farewell(token: string, body: BeatBody): void {
  const path = addressOf('beat')
  if (!isWeb) {
    exchange({ method: 'POST', path, body, token }).catch(() => undefined)
    return
  }
  const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` }
  fetch(API_URL + path, { method: 'POST', headers, body: JSON.stringify(body), keepalive: true }).catch(() => undefined)
}
