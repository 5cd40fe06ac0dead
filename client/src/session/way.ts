/** Where the teacher has to be before anything else: signed in, with a password and personal data of their own. */
import { isNow, isTab, open, relaunch, type Page } from '@/platform/navigation'
import { mustAgree } from './agreement'
import { session, start, type Me } from './session'

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

/** With `away` pages show themselves, from what this device keeps and with what is wrong: useLoading. */
export function dueBefore(): Page | undefined {
  if (session.standing === 'away') return undefined
  const { me } = session
  if (!me || (isStaff(me) && !session.asTeacher)) return 'sign-in'
  if (mustAgree(me)) return 'privacy'
  if (me.must_change_password) return 'password'
  if (me.must_confirm_profile) return 'profile'
  return undefined
}

/** Whoever works in the console; they may have come here by mistake. */
export function isStaff(me: Me): boolean {
  return me.role !== 'teacher' && me.role !== 'leader' && me.role !== 'workshop_leader'
}

export { isTab, open }

type Seen = readonly [standing: typeof session.standing, accountId: number | undefined]

let shown: number | undefined

/** Who is signed in changed while pages are open: here, in another tab, or by the server. Pages that open by themselves ask `admitted`. */
export function follow([standing, accountId]: Seen, [before]: Seen): void {
  const changed = accountId !== undefined && shown !== undefined && accountId !== shown
  if (standing === 'signed-out' && before !== 'starting') relaunch('sign-in')
  if (standing === 'signed-in' && (changed || isNow('sign-in'))) goOn()
  shown = accountId ?? shown
}
