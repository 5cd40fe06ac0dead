import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeUni, type FakeUni } from '../uni'
import { ME, pair, problem, restart, signedInBefore, stored, to } from './world'

let fake: FakeUni
beforeEach(() => {
  fake = fakeUni()
  vi.unstubAllGlobals()
})

describe('The pair of tokens', () => {
  it('is renewed once for many callers, and each gets its reply', async () => {
    signedInBefore(fake)
    fake.answer(({ path, token }) => {
      if (path === '/v1/auth/refresh') return { body: pair(2) }
      return token === 'access-2' ? { body: [] } : problem(401, 'bad_token')
    })
    const { call } = await restart('h5')
    const replies = await Promise.all(Array.from({ length: 5 }, () => call('list_notices', {})))
    expect(replies).toEqual([[], [], [], [], []])
    expect(fake.asked.filter(to('/v1/auth/refresh'))).toHaveLength(1)
    expect(stored(fake, 'tokens')).toEqual({ access: 'access-2', refresh: 'refresh-2' })
  })

  it('that another tab renewed meanwhile is used, and the old one not again', async () => {
    signedInBefore(fake)
    fake.answer(({ path, token }) => {
      if (path === '/v1/auth/refresh') return problem(401, 'bad_token')
      if (token === 'access-2') return { body: [] }
      signedInBefore(fake, 2)
      return problem(401, 'bad_token')
    })
    const { call } = await restart('h5')
    expect(await call('list_notices', {})).toEqual([])
    expect(fake.asked.filter(to('/v1/auth/refresh'))).toHaveLength(0)
  })

  it('that another tab renewed while ours was refused stays', async () => {
    signedInBefore(fake)
    fake.answer(({ path, token }) => {
      if (token === 'access-2') return { body: [] }
      if (path === '/v1/auth/refresh') signedInBefore(fake, 2)
      return problem(401, 'bad_token')
    })
    const { call, session } = await restart('h5')
    expect(await call('list_notices', {})).toEqual([])
    expect(session.said).toBe('')
  })

  it('that is refused ends the log-in, with words for the teacher', async () => {
    signedInBefore(fake)
    fake.answer(() => problem(401, 'bad_token'))
    const { start, session, dueBefore, OVER } = await restart('h5')
    await start()
    expect([session.standing, session.said, session.problem, dueBefore()]).toEqual(['signed-out', OVER, undefined, 'sign-in'])
    expect(fake.stored.has('tokens')).toBe(false)
  })

  it('outlives a network that fails, and a server that is down', async () => {
    for (const answer of [() => Promise.reject(new Error('no network')), () => ({ ...problem(503, 'try_again'), headers: { 'Retry-After': '60' } })]) {
      signedInBefore(fake)
      fake.answer(({ path }) => (path === '/v1/auth/refresh' ? answer() : problem(401, 'bad_token')))
      vi.useFakeTimers()
      const { start, session, dueBefore } = await restart('h5')
      const started = start()
      await vi.runAllTimersAsync()
      await started
      vi.useRealTimers()
      expect([session.standing, session.problem?.passing, dueBefore()]).toEqual(['away', true, undefined])
      expect(stored(fake, 'tokens')).toEqual({ access: 'access-1', refresh: 'refresh-1' })
      fake.answer(() => ({ body: ME }))
      await start()
      expect([session.standing, session.me?.account_id, session.problem]).toEqual(['signed-in', 7, undefined])
    }
  })

  it('in a damaged storage is none', async () => {
    for (const text of ['{"access":1,"refresh":2}', 'null', '[', '{}']) {
      fake.stored.set('tokens', text)
      const { start, session } = await restart('h5')
      await start()
      expect(session.standing).toBe('signed-out')
    }
  })
})
