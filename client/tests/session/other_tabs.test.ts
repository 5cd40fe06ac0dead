import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeUni, type FakeUni } from '../uni'
import { ME, restart, signedInBefore } from './world'

let fake: FakeUni
beforeEach(() => {
  fake = fakeUni()
  vi.unstubAllGlobals()
})

describe('Other tabs', () => {
  it('that sign out end this one too, with words', async () => {
    signedInBefore(fake)
    fake.answer(() => ({ body: ME }))
    const { start, session, noticeOtherTab, LEFT_ELSEWHERE } = await restart('h5')
    await start()
    fake.stored.delete('tokens')
    await noticeOtherTab('tokens')
    expect([session.standing, session.said]).toEqual(['signed-out', LEFT_ELSEWHERE])
  })

  it('that sign in bring this one in', async () => {
    fake.answer(() => ({ body: ME }))
    const { start, session, noticeOtherTab } = await restart('h5')
    await start()
    signedInBefore(fake)
    await noticeOtherTab('tokens')
    expect([session.standing, session.me?.account_id]).toEqual(['signed-in', 7])
  })

  it('that sign in as another teacher show that one here', async () => {
    signedInBefore(fake, 1, 7)
    fake.answer(({ token }) => ({ body: token === 'access-2' ? { ...ME, account_id: 8 } : ME }))
    const { start, session, noticeOtherTab } = await restart('h5')
    await start()
    signedInBefore(fake, 2, 8)
    await noticeOtherTab('tokens')
    expect([session.standing, session.me?.account_id]).toEqual(['signed-in', 8])
  })

  it('that renew or store anything else change nothing', async () => {
    signedInBefore(fake)
    fake.answer(() => ({ body: ME }))
    const { start, session, noticeOtherTab } = await restart('h5')
    await start()
    const { length } = fake.asked
    signedInBefore(fake, 2)
    await noticeOtherTab('tokens')
    await noticeOtherTab('large-text')
    expect([session.standing, fake.asked.length]).toEqual(['signed-in', length])
  })
})
