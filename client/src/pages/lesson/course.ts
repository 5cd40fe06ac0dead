/** The course around a lesson, and what to watch after it. */
import type { One, Reply } from '@/api/call'

export type Course = One<Reply<'list_courses'>>
export type CourseLesson = One<Course['lessons']>

export function courseOf(courses: readonly Course[], lessonId: number): Course | undefined {
  return courses.find(({ lessons }) => lessons.some(({ lesson_id }) => lesson_id === lessonId))
}

/** The next lesson that is not all credited: of this course, of what comes first in it, then of the other chosen courses. */
export function nextLesson(courses: readonly Course[], lessonId: number): CourseLesson | undefined {
  const here = courseOf(courses, lessonId)
  const lessons = here?.lessons ?? []
  const at = lessons.findIndex(({ lesson_id }) => lesson_id === lessonId)
  const others = courses.filter((course) => course.chosen && course !== here).flatMap((course) => course.lessons)
  return [...lessons.slice(at + 1), ...lessons.slice(0, Math.max(0, at)), ...others].find(
    ({ credited, duration }) => credited < duration,
  )
}
