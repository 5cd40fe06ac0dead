/** Which enrolment a page is about: that of its address, else the current one. */
import { choose, enrolments, loadEnrolments, type Enrolment } from './enrolment'

/** What the address names becomes the current one. undefined: the teacher has none. Raises Problem. */
export async function askedEnrolment(id: number | undefined): Promise<Enrolment | undefined> {
  if (!enrolments.all.length || (id && !known(id))) await loadEnrolments()
  const named = id ? known(id) : undefined
  if (named) choose(named)
  return named ?? enrolments.current
}

function known(id: number): Enrolment | undefined {
  return enrolments.all.find(({ enrolment_id }) => enrolment_id === id)
}
