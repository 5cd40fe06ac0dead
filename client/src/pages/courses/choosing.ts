/** Choosing and dropping: shown at once, taken back where the server refuses. */
import { reactive } from 'vue'
import { call } from '@/api/call'
import { asProblem, type Problem } from '@/api/problem'
import type { Course } from './shelf'

export interface Choosing {
  /** Course ids that are on their way. */
  busy: Set<number>
  /** Why it did not work, by course id. */
  problems: Map<number, Problem>
  set(enrolmentId: number, course: Course, chosen: boolean): Promise<void>
}

export function useChoosing(): Choosing {
  const busy = reactive(new Set<number>())
  const problems = reactive(new Map<number, Problem>())

  async function set(enrolmentId: number, course: Course, chosen: boolean) {
    const id = course.course_id
    if (busy.has(id)) return
    busy.add(id)
    problems.delete(id)
    course.chosen = chosen
    try {
      await call(chosen ? 'choose_course' : 'drop_course', { path: { enrolment_id: enrolmentId, course_id: id } })
    } catch (error) {
      course.chosen = !chosen
      problems.set(id, asProblem(error))
    } finally {
      busy.delete(id)
    }
  }

  return { busy, problems, set }
}
