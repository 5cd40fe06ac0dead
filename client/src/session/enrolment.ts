/** Which of the teacher's enrolments the tabs show. */
import { reactive } from 'vue'
import { call, type One, type Reply } from '@/api/call'
import { storage } from '@/platform/storage'

export type Enrolment = One<Reply<'list_enrolments'>>

const KEY = 'enrolment'
const KEPT = 'enrolments'

interface Enrolments {
  all: Enrolment[]
  current: Enrolment | undefined
  /** When the server told so, ms since 1970 by the device's clock. */
  at: number
}

export const enrolments = reactive<Enrolments>({ all: [], current: undefined, at: 0 })

export async function loadEnrolments(): Promise<Enrolment[]> {
  const all = await call('list_enrolments', {})
  show(all, Date.now())
  storage.set(KEPT, { all, at: enrolments.at })
  return all
}

/** Where the server cannot be asked: what it told this device last, if nothing is shown yet. */
export function showKept(): void {
  const kept = storage.get(KEPT)
  if (!enrolments.all.length && isKept(kept)) show(kept.all, kept.at)
}

export function choose(enrolment: Enrolment): void {
  enrolments.current = enrolment
  storage.set(KEY, enrolment.enrolment_id)
}

/** At sign-out: the next teacher at this device starts anew. */
export function forgetEnrolments(): void {
  enrolments.all = []
  enrolments.current = undefined
  enrolments.at = 0
  storage.remove(KEY)
  storage.remove(KEPT)
}

function show(all: Enrolment[], at: number) {
  const wanted = enrolments.current?.enrolment_id ?? storage.get(KEY)
  enrolments.all = all
  enrolments.current = all.find((one) => one.enrolment_id === wanted) ?? all[0]
  enrolments.at = at
}

function isKept(value: unknown): value is { all: Enrolment[]; at: number } {
  if (typeof value !== 'object' || value === null || !('all' in value) || !('at' in value)) return false
  return Array.isArray(value.all) && typeof value.at === 'number'
}
