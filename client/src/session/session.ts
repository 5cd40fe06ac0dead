/** Who is signed in, and how one comes in and goes out. The only place that changes it. */
import { reactive } from 'vue'
import { call, useTokens, type Reply } from '@/api/call'
import { asProblem, Problem } from '@/api/problem'
import { isMiniProgram } from '@/platform/kind'
import { loginCode } from '@/platform/wechat'
import { PRIVACY_VERSION } from '@/words/privacy'
import { forget, hasTokens, keep, refreshToken, tokens, whenOver, type TokensReply } from './tokens'

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
  problem: Problem | undefined
  /** From WeChat, to bind this WeChat to the account that signs in next; lives five minutes. */
  bindingTicket: string
  /** Why the last log-in ended, for the sign-in page; '' where nothing is to be said. */
  said: string
}

export const session = reactive<Session>({
  standing: 'starting',
  me: undefined,
  problem: undefined,
  bindingTicket: '',
  said: '',
})

let starting: Promise<void> | undefined

useTokens(tokens)
whenOver(() => {
  if (session.standing === 'signed-in') session.said = '登录已失效，请重新登录。您已学的时间都已保存。'
  session.standing = 'signed-out'
  session.me = undefined
})

/** Comes back silently where it can: with kept tokens, or in the mini-program by WeChat. Once for all callers; again after `away`. */
export function start(): Promise<void> {
  if (session.standing === 'signed-in') return Promise.resolve()
  starting ??= come().finally(() => (starting = undefined))
  return starting
}

export async function signInWithPassword(idNumber: string, password: string): Promise<void> {
  if (isMiniProgram && session.bindingTicket) {
    const body = { binding_ticket: session.bindingTicket, id_number: idNumber, password }
    await enter(await call('bind_wechat', { body }))
  } else {
    await enter(await call('sign_in_with_password', { body: { id_number: idNumber, password } }))
  }
}

export async function signInFromPortal(portal: string, ticket: string): Promise<void> {
  forget()
  await enter(await call('sign_in_from_portal', { body: { portal, ticket } }))
}

/** By WeChat. Leaves `signed-out` with a binding ticket where this WeChat is not bound. Raises Problem. */
export async function signInWithWechat(): Promise<void> {
  session.bindingTicket = ''
  try {
    await enter(await call('sign_in_with_wechat', { body: { code: await loginCode() } }))
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'wechat_not_bound') throw error
    const ticket = error.more.binding_ticket
    session.bindingTicket = typeof ticket === 'string' ? ticket : ''
    session.standing = 'signed-out'
  }
}

/** Ends this log-in, here even where the server cannot be told. */
export async function signOut(): Promise<void> {
  const refresh = refreshToken()
  forget()
  session.standing = 'signed-out'
  session.me = undefined
  session.said = ''
  if (refresh) await call('log_out', { body: { refresh_token: refresh } }).catch(() => undefined)
}

/** Asks again who I am, after anything that changed it. */
export async function refreshMe(): Promise<void> {
  session.me = await call('show_me', {})
  session.standing = 'signed-in'
}

async function come(): Promise<void> {
  session.problem = undefined
  try {
    if (hasTokens()) await refreshMe()
    else if (isMiniProgram) await signInWithWechat()
    else session.standing = 'signed-out'
  } catch (error) {
    const problem = asProblem(error)
    session.problem = problem
    session.standing = problem.passing ? 'away' : 'signed-out'
  }
}

async function enter(pair: TokensReply): Promise<void> {
  keep(pair)
  session.bindingTicket = ''
  session.said = ''
  session.problem = undefined
  await refreshMe()
}

/** Whether the teacher has to agree to the privacy text (first time, or it changed). */
export function mustAgree(me: Me): boolean {
  return 'privacy_version' in me && me.privacy_version !== PRIVACY_VERSION
}
