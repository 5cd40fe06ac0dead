/** Which of the teacher's enrolments the tabs show. */
import { reactive } from 'vue'
import { call, type Reply } from '@/api/call'
import { storage } from '@/platform/storage'

export type Enrolment = Reply<'list_enrolments'>[number]

const KEY = 'enrolment'

export const enrolments = reactive<{ all: Enrolment[]; current: Enrolment | undefined }>({ all: [], current: undefined })

export async function loadEnrolments(): Promise<Enrolment[]> {
  const all = await call('list_enrolments', {})
  const wanted = enrolments.current?.enrolment_id ?? storage.get(KEY)
  enrolments.all = all
  enrolments.current = all.find((one) => one.enrolment_id === wanted) ?? all[0]
  return all
}

export function choose(enrolment: Enrolment): void {
  enrolments.current = enrolment
  storage.set(KEY, enrolment.enrolment_id)
}

/** At sign-out: the next teacher at this device starts anew. */
export function forgetEnrolments(): void {
  enrolments.all = []
  enrolments.current = undefined
  storage.remove(KEY)
}
