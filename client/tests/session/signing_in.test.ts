import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeUni, type FakeUni } from '../uni'
import { ME, pair, problem, restart, signedInBefore, to } from './world'

let fake: FakeUni
beforeEach(() => {
  fake = fakeUni()
  vi.unstubAllGlobals()
})

describe('Signing in', () => {
  it('clears what another teacher chose here, and keeps what they have watched', async () => {
    signedInBefore(fake, 1, 6)
    fake.stored.set('enrolment', '99')
    fake.stored.set('held:6:abc', '{"beats":[]}')
    fake.answer(({ path }) => ({ body: path === '/v1/me' ? ME : pair(2) }))
    const { signInWithPassword, session } = await restart('h5')
    await signInWithPassword('999999197102020011', 'geheim-1234')
    expect(session.me?.account_id).toBe(7)
    expect([fake.stored.has('enrolment'), fake.stored.has('held:6:abc')]).toEqual([false, true])
  })

  it('leaves the number and the password nowhere', async () => {
    fake.answer(({ path }) => ({ body: path === '/v1/me' ? ME : pair(1) }))
    const { signInWithPassword, session } = await restart('h5')
    await signInWithPassword('999999197102020011', 'geheim-1234')
    const left = JSON.stringify([[...fake.stored], session, fake.opened, fake.asked.map(({ path }) => path)])
    expect(left).not.toMatch(/999999197102020011|geheim-1234/)
  })

  it('tells the account of the consent before any page opens, where the account has another version', async () => {
    fake.answer(({ path, method }) => {
      if (path === '/v1/me') return { body: { ...ME, privacy_version: '2020-01-01' } }
      return method === 'PUT' ? { status: 204 } : { body: pair(1) }
    })
    const { signInWithPassword, dueBefore } = await restart('h5')
    await signInWithPassword('999999197102020011', 'geheim-1234')
    expect(fake.asked.filter(to('/v1/me/privacy')).map(({ token }) => token)).toEqual(['access-1'])
    expect(dueBefore()).toBeUndefined()
  })

  it('goes on to the privacy page where the account could not be told', async () => {
    fake.answer(({ path, method }) => {
      if (path === '/v1/me') return { body: { ...ME, privacy_version: null } }
      return method === 'PUT' ? problem(500, 'error') : { body: pair(1) }
    })
    const { signInWithPassword, dueBefore } = await restart('h5')
    await signInWithPassword('999999197102020011', 'geheim-1234')
    expect(dueBefore()).toBe('privacy')
  })

  it('from a portal ends the log-in that was there, and a used ticket says so', async () => {
    signedInBefore(fake, 1, 6)
    fake.answer(({ path }) => (path === '/v1/auth/portal' ? problem(401, 'bad_ticket') : { status: 204 }))
    vi.stubGlobal('history', {})
    vi.resetModules()
    vi.stubEnv('UNI_PLATFORM', 'h5')
    const replaced: string[] = []
    const location = { hash: '#/pages/sign-in/sign-in?portal=hebei&ticket=abc.def' }
    vi.stubGlobal('window', { location, history: { replaceState: (_: unknown, __: string, to: string) => replaced.push(to) } })
    const { start, session } = await import('@/session/session')
    expect(replaced).toEqual(['#/pages/sign-in/sign-in'])
    await start()
    expect([session.standing, session.problem?.code, fake.stored.has('tokens')]).toEqual(['signed-out', 'bad_ticket', false])
    expect(fake.asked.find(to('/v1/auth/portal'))?.body).toEqual({ portal: 'hebei', ticket: 'abc.def' })
    expect(fake.asked.find(to('/v1/auth/logout'))?.body).toEqual({ refresh_token: 'refresh-1' })
  })
})
