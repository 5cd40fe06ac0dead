import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeUni, type FakeUni } from '../uni'
import { ME, pair, problem, restart, signedInBefore, to } from './world'

let fake: FakeUni
beforeEach(() => {
  fake = fakeUni()
  vi.unstubAllGlobals()
})

describe('Coming back by WeChat', () => {
  const unbound = (ticket: string) => problem(403, 'wechat_not_bound', { binding_ticket: ticket })

  it('is silent, and asked once however many pages wait', async () => {
    fake.codes = ['code-1']
    fake.answer(({ path }) => ({ body: path === '/v1/me' ? ME : pair(1) }))
    const { start, session } = await restart('mp-weixin')
    await Promise.all([start(), start(), start()])
    await start()
    expect([session.standing, session.me?.name]).toEqual(['signed-in', '某某'])
    expect(fake.asked.filter(to('/v1/auth/wechat')).map(({ body }) => body)).toEqual([{ code: 'code-1' }])
  })

  it('of an unbound one asks WeChat once, and waits with a ticket', async () => {
    fake.codes = ['code-1', 'code-2']
    fake.answer(() => unbound('ticket-1'))
    const { start, session, dueBefore } = await restart('mp-weixin')
    await start()
    await start()
    expect([session.standing, session.bindingTicket, dueBefore(), fake.codes]).toEqual(['signed-out', 'ticket-1', 'sign-in', ['code-2']])
  })

  it('binds with a new ticket where the old one is over, once', async () => {
    fake.codes = ['code-1', 'code-2']
    fake.answer(({ path, body }) => {
      if (path === '/v1/auth/wechat') return unbound((body as { code: string }).code.replace('code', 'ticket'))
      if (path === '/v1/me') return { body: ME }
      return (body as { binding_ticket: string }).binding_ticket === 'ticket-2' ? { body: pair(1) } : problem(401, 'bad_ticket')
    })
    const { start, session, signInWithPassword } = await restart('mp-weixin')
    await start()
    await signInWithPassword('999999197102020011', 'geheim-1234')
    expect([session.standing, session.bindingTicket]).toEqual(['signed-in', ''])
    expect(fake.asked.filter(to('/v1/auth/wechat/bind'))).toHaveLength(2)
  })

  it('after a bind whose reply was lost is signed in by the second try', async () => {
    fake.codes = ['code-1', 'code-2']
    let bound = false
    fake.answer(({ path }) => {
      if (path === '/v1/me') return { body: ME }
      if (path === '/v1/auth/wechat') return bound ? { body: pair(1) } : unbound('ticket-1')
      if (bound) return problem(401, 'bad_ticket')
      bound = true
      return Promise.reject(new Error('the reply is lost'))
    })
    const { start, session, signInWithPassword } = await restart('mp-weixin')
    await start()
    await expect(signInWithPassword('999999197102020011', 'geheim-1234')).rejects.toMatchObject({ code: 'unreachable' })
    await signInWithPassword('999999197102020011', 'geheim-1234')
    expect(session.standing).toBe('signed-in')
  })

  it('may be left out for this sign-in', async () => {
    fake.codes = ['code-1']
    fake.answer(({ path }) => (path === '/v1/auth/wechat' ? unbound('t') : { body: path === '/v1/me' ? ME : pair(1) }))
    const { start, signInWithPassword } = await restart('mp-weixin')
    await start()
    await signInWithPassword('999999197102020011', 'geheim-1234', false)
    expect(fake.asked.map(({ path }) => path)).toEqual(['/v1/auth/wechat', '/v1/auth/password', '/v1/me'])
  })

  it('is tried silently when the log-in is over, and what was asked goes on', async () => {
    signedInBefore(fake)
    fake.codes = ['code-1']
    fake.answer(({ path, token }) => {
      if (path === '/v1/auth/wechat') return { body: pair(2) }
      if (token !== 'access-2') return problem(401, 'bad_token')
      return { body: path === '/v1/me' ? ME : [] }
    })
    const { call, session } = await restart('mp-weixin')
    expect(await call('list_notices', {})).toEqual([])
    expect([session.standing, session.said]).toEqual(['signed-in', ''])
  })

  it('never turns one teacher into another', async () => {
    signedInBefore(fake, 1, 6)
    fake.codes = ['code-1']
    fake.answer(({ path, token }) => {
      if (path === '/v1/auth/wechat') return { body: pair(2) }
      if (path === '/v1/auth/logout') return { status: 204 }
      return token === 'access-2' ? { body: ME } : problem(401, 'bad_token')
    })
    const { call, session, OVER } = await restart('mp-weixin')
    await expect(call('list_notices', {})).rejects.toMatchObject({ status: 401 })
    expect([session.standing, session.said, fake.stored.has('tokens')]).toEqual(['signed-out', OVER, false])
  })

  it('waits to be asked after signing out', async () => {
    signedInBefore(fake)
    fake.codes = ['code-1']
    fake.answer(({ path }) => ({ body: path === '/v1/me' ? ME : pair(1) }))
    const first = await restart('mp-weixin')
    await first.start()
    await first.signOut()
    const second = await restart('mp-weixin')
    await second.start()
    expect([second.session.standing, fake.codes]).toEqual(['signed-out', ['code-1']])
    await second.signInWithWechat()
    expect(second.session.standing).toBe('signed-in')
  })

  it('that failed for want of a network is tried again when the app is looked at, and not before', async () => {
    fake.codes = ['code-1', 'code-2']
    fake.answer(() => Promise.reject(new Error('no network')))
    const { start, wake, session } = await restart('mp-weixin')
    await start()
    expect([session.standing, session.problem?.code]).toEqual(['signed-out', 'unreachable'])
    fake.answer(({ path }) => ({ body: path === '/v1/me' ? ME : pair(1) }))
    await start()
    expect(fake.codes).toEqual(['code-2'])
    await Promise.all([wake(), wake()])
    expect([session.standing, session.problem]).toEqual(['signed-in', undefined])
  })

  it('that fails leaves the form, with what is wrong', async () => {
    for (const [codes, code] of [[[], 'wechat_unreachable'], [['code-1'], 'wechat_user_risky']] as const) {
      fake = fakeUni()
      fake.codes = [...codes]
      fake.answer(() => problem(403, 'wechat_user_risky'))
      const { start, session, dueBefore } = await restart('mp-weixin')
      await start()
      expect([session.standing, session.problem?.code, dueBefore()]).toEqual(['signed-out', code, 'sign-in'])
    }
  })
})
