import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeUni, type FakeUni } from '../uni'
import { ME, restart, signedInBefore } from './world'

let fake: FakeUni
beforeEach(() => {
  fake = fakeUni()
  vi.unstubAllGlobals()
})

describe('The way in', () => {
  it('asks for one thing after another, and never sends a page to itself', async () => {
    const steps = [
      [{ ...ME, role: 'school_admin' }, 'sign-in'],
      [{ ...ME, privacy_version: null, must_change_password: true, must_confirm_profile: true }, 'privacy'],
      [{ ...ME, must_change_password: true, must_confirm_profile: true }, 'password'],
      [{ ...ME, must_confirm_profile: true }, 'profile'],
    ] as const
    for (const [me, due] of steps) {
      signedInBefore(fake)
      fake.answer(() => ({ body: me }))
      const { admitted } = await restart('h5')
      fake.opened.length = 0
      expect([await admitted(due), fake.opened]).toEqual([true, []])
      expect([await admitted('home'), fake.opened]).toEqual([false, [`/pages/${due}/${due}`]])
    }
  })
})
