/** The catalogue as the page shows it: by module, filtered, what is chosen first. Pure. */
import type { One, Reply } from '@/api/call'
import { percent } from '@/words/numbers'

export type Course = One<Reply<'list_courses'>>
export type Module = One<Reply<'show_score_card'>['modules']>

export interface Wanted {
  /** What the titles contain. */
  words: string
  /** '' for any; GENERAL for what is for all. */
  stage: string
  subject: string
  chosenOnly: boolean
}

/** The filter's name of courses that are for every stage, or every subject. */
export const GENERAL = '通用'

export interface Section {
  key: string
  title: string
  /** Hours still missing, or undefined where the score card is not known. */
  missing: number | undefined
  courses: Course[]
  chosen: number
}

export interface Progress {
  credited: number
  duration: number
  done: boolean
}

export function wantAll(): Wanted {
  return { words: '', stage: '', subject: '', chosenOnly: false }
}

export function isNarrow({ words, stage, subject, chosenOnly }: Wanted): boolean {
  return Boolean(words.trim() || stage || subject || chosenOnly)
}

/** By module in the notice's order; modules that the card does not know come last, by their key. Courses keep their order. */
export function sections(courses: Course[], modules: Module[]): Section[] {
  const known = new Map(modules.map(({ key, title, hours_missing }) => [key, { title, missing: hours_missing }]))
  const byModule = new Map<string, Course[]>(modules.map(({ key }) => [key, []]))
  for (const course of courses) {
    const own = byModule.get(course.module)
    if (own) own.push(course)
    else byModule.set(course.module, [course])
  }
  return [...byModule]
    .filter(([, own]) => own.length)
    .map(([key, own]) => ({
      key,
      title: known.get(key)?.title ?? key,
      missing: known.get(key)?.missing,
      courses: own,
      chosen: own.filter(({ chosen }) => chosen).length,
    }))
}

/** What is chosen first, begun before untouched, done last of the chosen; else as it came. Only when a list arrives: no jumping under a finger. */
export function inOrder(courses: Course[]): Course[] {
  const rank = (course: Course) => {
    if (!course.chosen) return 3
    const { done, credited } = progress(course)
    return done ? 2 : credited ? 0 : 1
  }
  return [...courses].sort((one, other) => rank(one) - rank(other))
}

export function filtered(courses: Course[], { words, stage, subject, chosenOnly }: Wanted): Course[] {
  const sought = plain(words).split(' ').filter(Boolean)
  return courses.filter(
    (course) =>
      (!chosenOnly || course.chosen) &&
      fits(course.stage, stage) &&
      fits(course.subject, subject) &&
      (!sought.length || contains(course, sought)),
  )
}

/** As schools name them in turn; what is not here comes after, as it occurs. */
const TURN = '学前 幼儿园 小学 初中 高中 中职 语文 数学 英语 外语 物理 化学 生物 道德与法治 思想政治 历史 地理'.split(' ')

/** The values that occur, what is for all last; none where there is nothing to choose between. */
export function values(courses: Course[], of: 'stage' | 'subject'): string[] {
  const found = new Set(courses.map((course) => course[of]))
  const turn = (value: string) => (TURN.indexOf(value) + 1 || TURN.length + 1)
  const own = [...found].filter(Boolean).sort((one, other) => turn(one) - turn(other))
  if (found.size < 2) return []
  return found.has('') ? [...own, GENERAL] : own
}

export function progress({ lessons }: Course): Progress {
  let credited = 0
  let duration = 0
  let done = lessons.length > 0
  for (const lesson of lessons) {
    credited += Math.min(lesson.credited, lesson.duration)
    duration += lesson.duration
    done &&= percent(lesson.credited, lesson.duration) === 100
  }
  return { credited, duration, done }
}

function fits(value: string, wanted: string): boolean {
  return wanted === '' || value === (wanted === GENERAL ? '' : wanted)
}

function contains(course: Course, sought: string[]): boolean {
  const titles = plain([course.title, course.code, ...course.lessons.map(({ title }) => title)].join(' '))
  return sought.every((word) => titles.includes(word))
}

function plain(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
}
