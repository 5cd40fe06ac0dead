/** Where the teacher has to be before anything else: signed in, with a password and personal data of their own. */
import { isTab, open, relaunch, type Page } from '@/platform/navigation'
import { session, start } from './session'

/** True when `page` may show itself; otherwise the teacher was sent where something is to be done first. */
export async function admitted(page: Page): Promise<boolean> {
  await start()
  const due = dueBefore()
  if (!due || due === page) return true
  relaunch(due)
  return false
}

/** After signing in, or after something that was due is done. */
export function goOn(): void {
  relaunch(dueBefore() ?? 'home')
}

export function dueBefore(): Page | undefined {
  if (session.standing === 'away') return undefined
  const { me } = session
  if (!me) return 'sign-in'
  if (me.must_change_password) return 'password'
  if (me.must_confirm_profile) return 'profile'
  return undefined
}

export { isTab, open }
