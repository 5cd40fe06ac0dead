/** The session as after a restart of the app, and what its server says. */
import { vi } from 'vitest'
import type { Asked, FakeUni } from '../uni'

export const ME = { account_id: 7, role: 'teacher', name: '某某', must_change_password: false, must_confirm_profile: false }

export function pair(n: number) {
  return { access_token: `access-${n}`, refresh_token: `refresh-${n}`, expires_in: 900 }
}

export function problem(status: number, code: string, more: object = {}) {
  return { status, body: { status, code, detail: `${code} 的说明`, ...more } }
}

/** The module anew, as after a restart; the storage stays with `fake`. */
export async function restart(platform: 'h5' | 'mp-weixin') {
  vi.resetModules()
  vi.stubEnv('UNI_PLATFORM', platform)
  if (platform === 'h5') vi.stubGlobal('window', { location: { hash: '' }, history: { replaceState: () => undefined } })
  const session = await import('@/session/session')
  const { call } = await import('@/api/call')
  const way = await import('@/session/way')
  return { ...session, ...way, call }
}

export function signedInBefore(fake: FakeUni, n = 1, account = ME.account_id) {
  fake.stored.set('tokens', JSON.stringify({ access: `access-${n}`, refresh: `refresh-${n}` }))
  fake.stored.set('account', JSON.stringify(account))
}

export function stored(fake: FakeUni, key: string): unknown {
  const text = fake.stored.get(key)
  return text === undefined ? undefined : JSON.parse(text)
}

export const to = (path: string) => (asked: Asked) => asked.path === path
