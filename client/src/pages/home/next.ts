import type { Enrolment } from '@/session/enrolment'

export interface NextLesson {
  lesson_id: number
  lesson: string
  course_id: number
  course: string
  duration: number
  credited: number
}

/** Where to go on: null where nothing is left or chosen; undefined where studying is shut or the server does not say. */
export function lessonToContinue(enrolment: Enrolment): NextLesson | null | undefined {
  if (!enrolment.study_open || enrolment.status === 'withdrawn' || !('continue_with' in enrolment)) return undefined
  const { continue_with: next } = enrolment
  return next === null || isLesson(next) ? next : undefined
}

function isLesson(value: unknown): value is NextLesson {
  return typeof value === 'object' && value !== null && 'lesson_id' in value && 'course_id' in value
}
