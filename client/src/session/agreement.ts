/** The consent to the privacy text: on this device, before anybody is signed in, and with the account. */
import { call, type Reply } from '@/api/call'
import { storage } from '@/platform/storage'
import { PRIVACY_VERSION } from '@/words/privacy'

const KEY = 'agreed'

type Me = Reply<'show_me'>

/** Whether somebody agreed to this version here before: the box is ticked then. */
export function agreedHere(): boolean {
  return storage.get(KEY) === PRIVACY_VERSION
}

export function agreeHere(): void {
  storage.set(KEY, PRIVACY_VERSION)
}

/** Whether the teacher has to agree to the privacy text (first time, or it changed). */
export function mustAgree(me: Me): boolean {
  return 'privacy_version' in me && me.privacy_version !== PRIVACY_VERSION
}

/** Tells the account. `token`: of a log-in that is not kept yet. Raises Problem. */
export async function agreed(me: Me, token?: string): Promise<Me> {
  await call('agree_to_privacy', { body: { version: PRIVACY_VERSION } }, { token })
  return { ...me, privacy_version: PRIVACY_VERSION }
}
