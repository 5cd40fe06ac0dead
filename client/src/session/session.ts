/** Who is signed in, and how one comes in and goes out. The only place that changes it. */
import { reactive } from 'vue'
import { call, useTokens, type Reply } from '@/api/call'
import { asProblem, Problem } from '@/api/problem'
import { takeArrival, type Arrival } from '@/platform/arrival'
import { isMiniProgram } from '@/platform/kind'
import { storage } from '@/platform/storage'
import { loginCode } from '@/platform/wechat'
import { agreed, agreeHere, mustAgree } from './agreement'
import { forgetEnrolments } from './enrolment'
import { changedElsewhere, forget, hasTokens, keep, refreshToken, tokens, whenOver, type TokensReply } from './tokens'

export type Me = Reply<'show_me'>

export type Standing =
  /** Not known yet. */
  | 'starting'
  | 'signed-out'
  | 'signed-in'
  /** The server could not be asked; `problem` says why. Tokens are kept. */
  | 'away'

export interface Session {
  standing: Standing
  me: Me | undefined
  /** Why coming back silently, or from a portal, did not work. */
  problem: Problem | undefined
  /** From WeChat, to bind this WeChat to the account that signs in next; lives five minutes, serves once. */
  bindingTicket: string
  /** Why the last log-in ended, for the sign-in page; '' where nothing is to be said. */
  said: string
  /** Somebody of staff who wants to be here. */
  asTeacher: boolean
}

/** Whose data this device holds: an account's number. Another's sign-in clears them. */
const OWNER = 'account'
/** Set by signing out: WeChat does not bring the teacher back before they ask for it. */
const STAYS_OUT = 'stays-out'

export const OVER = '这次登录已经结束：可能改过密码、在别的设备上退出了这里，或者很久没有使用。请重新登录，已计入的学时都还在。'
export const LEFT_ELSEWHERE = '您已在另一个页面退出登录。'

export const session = reactive<Session>({
  standing: 'starting',
  me: undefined,
  problem: undefined,
  bindingTicket: '',
  said: '',
  asTeacher: false,
})

let starting: Promise<void> | undefined

useTokens(tokens)
whenOver(over)

/**
 * Comes back silently where it can: from a portal, with kept tokens, or in the mini-program by WeChat. Once for all callers; again
 * after `away`, or when tokens have come from another tab. WeChat is asked once a start, or when the teacher asks (signInWithWechat).
 */
export function start(): Promise<void> {
  if (session.standing === 'signed-in' || (session.standing === 'signed-out' && !hasTokens())) return Promise.resolve()
  starting ??= come(takeArrival()).finally(() => (starting = undefined))
  return starting
}

/** The app is looked at again, or the network is back: what failed for want of it is tried again. */
export function wake(): Promise<void> {
  const failed = session.standing === 'signed-out' && isMiniProgram && session.problem?.passing
  if (failed) starting ??= come(undefined).finally(() => (starting = undefined))
  return starting ?? start()
}

/** A ticket came to a page that is open already, or another teacher's tokens: after what is under way, which may be of the one before. */
export async function startAnew(): Promise<void> {
  await starting
  session.me = undefined
  session.standing = 'starting'
  await start()
}

/** The teacher has agreed to the privacy text. Without `bind` an unbound WeChat stays unbound. Raises Problem. */
export async function signInWithPassword(idNumber: string, password: string, bind = true): Promise<void> {
  const who = { id_number: idNumber, password }
  agreeHere()
  if (!isMiniProgram || !bind || !session.bindingTicket) {
    return enter(await call('sign_in_with_password', { body: who }), true)
  }
  try {
    await enter(await call('bind_wechat', { body: { binding_ticket: session.bindingTicket, ...who } }), true)
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'bad_ticket') throw error
    // Five minutes are over, or the reply to an earlier try was lost: then WeChat is bound already and signs in by itself.
    await signInWithWechat()
    if (session.bindingTicket) {
      await enter(await call('bind_wechat', { body: { binding_ticket: session.bindingTicket, ...who } }), true)
    }
  }
}

/** The log-in that was there ends: at a shared computer it may be another's. Raises Problem. */
export async function signInFromPortal(arrival: Arrival): Promise<void> {
  void leave('')
  await enter(await call('sign_in_from_portal', { body: { ...arrival } }))
}

/** By WeChat. Leaves `signed-out` with a binding ticket where this WeChat is not bound. Raises Problem. */
export async function signInWithWechat(): Promise<void> {
  const pair = await askWechat()
  if (pair) await enter(pair)
  else session.standing = 'signed-out'
}

/** Ends this log-in, here even where the server cannot be told. */
export async function signOut(): Promise<void> {
  if (isMiniProgram) storage.set(STAYS_OUT, true)
  await leave('')
}

/** Tokens are no longer any good, e.g. after WeChat was unbound in the mini-program: the next sign-in binds again. */
export async function signOutToBindAgain(said: string): Promise<void> {
  await leave(said)
  if (isMiniProgram) await signInWithWechat().catch(() => undefined)
}

/** Agrees to the privacy text. Raises Problem. */
export async function agree(): Promise<void> {
  if (session.me) session.me = await agreed(session.me)
}

/** Asks again who I am, after anything that changed it. */
export async function refreshMe(): Promise<void> {
  show(await call('show_me', {}))
}

/** Another tab of this browser changed what is stored under `key`: it signed in, out, or renewed. */
export async function noticeOtherTab(key: string | undefined): Promise<void> {
  if (!changedElsewhere(key)) return
  if (!hasTokens()) {
    if (session.standing !== 'signed-out') end(LEFT_ELSEWHERE)
    return
  }
  if (session.me && storage.get(OWNER) !== session.me.account_id) {
    return startAnew()
  }
  await start()
}

async function come(arrival: Arrival | undefined): Promise<void> {
  session.problem = undefined
  try {
    if (arrival) await signInFromPortal(arrival)
    else if (hasTokens()) await refreshMe()
    else if (isMiniProgram && storage.get(STAYS_OUT) !== true) await signInWithWechat()
    else session.standing = 'signed-out'
  } catch (error) {
    const problem = asProblem(error)
    // What ended the log-in has been said (`over`).
    session.problem = problem.status === 401 && !arrival && session.said ? undefined : problem
    session.standing = hasTokens() ? 'away' : 'signed-out'
  }
}

/** Undefined with a binding ticket where this WeChat is not bound. Raises Problem. */
async function askWechat(): Promise<TokensReply | undefined> {
  session.bindingTicket = ''
  const code = await loginCode().catch(() => {
    throw new Problem(0, 'wechat_unreachable', '暂时连接不上微信，请稍后再试，或用身份证号和密码登录。')
  })
  try {
    return await call('sign_in_with_wechat', { body: { code } })
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'wechat_not_bound') throw error
    const ticket = error.more.binding_ticket
    session.bindingTicket = typeof ticket === 'string' ? ticket : ''
    return undefined
  }
}

async function enter(pair: TokensReply, agrees = false): Promise<void> {
  const token = pair.access_token
  storage.remove(STAYS_OUT)
  session.bindingTicket = ''
  session.said = ''
  try {
    const me = await call('show_me', {}, { token })
    // Where that fails the privacy page asks again.
    show(agrees && mustAgree(me) ? await agreed(me, token).catch(() => me) : me, pair)
  } catch (error) {
    // Signed in, but not seen yet: `away` asks again.
    storage.remove(OWNER)
    keep(pair)
    session.me = undefined
    session.problem = asProblem(error)
    session.standing = 'away'
    throw error
  }
}

/** The owner stands in the storage before the tokens do: other tabs wake up by the tokens (noticeOtherTab). */
function show(me: Me, pair?: TokensReply): void {
  if (storage.get(OWNER) !== me.account_id) {
    forgetEnrolments()
    storage.set(OWNER, me.account_id)
  }
  if (pair) keep(pair)
  session.me = me
  session.problem = undefined
  session.standing = 'signed-in'
}

/** The server ended this log-in. Comes back with a new access token where WeChat signs the same teacher in again. Never raises. */
async function over(): Promise<string | undefined> {
  const was = session.me?.account_id ?? storage.get(OWNER)
  const pair = isMiniProgram ? await askWechat().catch(() => undefined) : undefined
  if (pair) {
    const again = await call('show_me', {}, { token: pair.access_token }).catch(() => undefined)
    if (again && again.account_id === was) {
      show(again, pair)
      return pair.access_token
    }
    void call('log_out', { body: { refresh_token: pair.refresh_token } }).catch(() => undefined)
  }
  end(OVER)
  return undefined
}

/** Here at once; the server is told afterwards. */
async function leave(said: string): Promise<void> {
  const refresh = refreshToken()
  forget()
  forgetEnrolments()
  end(said)
  if (refresh) await call('log_out', { body: { refresh_token: refresh } }).catch(() => undefined)
}

function end(said: string): void {
  session.said = said
  session.me = undefined
  session.asTeacher = false
  session.standing = 'signed-out'
}
