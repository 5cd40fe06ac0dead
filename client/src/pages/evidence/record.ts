/** 学习记录: sessions by day, what they came to together, and why some of it did not count. Pure. */
import type { One, Reply } from '@/api/call'
import { day, dayNumber, moment } from '@/words/time'

export type StudySession = One<Reply<'show_study_evidence'>>

export interface Day {
  key: number
  name: string
  credited: number
  sessions: StudySession[]
}

export interface Totals {
  reported: number
  credited: number
  pending: number
  withheld: number
}

export interface Unpaid {
  reason: string
  seconds: number
  why: string
}

/** Without those that were opened and left before anything played: they say nothing. */
export function watched(sessions: readonly StudySession[]): StudySession[] {
  return sessions.filter(({ reported, presence }) => reported > 0 || presence.asked > 0)
}

/** In the server's order (newest first), by the day they were opened in Shanghai. */
export function byDay(sessions: readonly StudySession[], now: number): Day[] {
  const days: Day[] = []
  for (const one of sessions) {
    const at = moment(one.opened_at)
    const key = dayNumber(at)
    let last = days[days.length - 1]
    if (last?.key !== key) {
      last = { key, name: key === dayNumber(now) ? '今天' : day(at, now), credited: 0, sessions: [] }
      days.push(last)
    }
    last.sessions.push(one)
    last.credited += one.credited
  }
  return days
}

/** reported = credited + pending + withheld, as of each session (docs/counting.md, I1). */
export function totals(sessions: readonly StudySession[]): Totals {
  const sum: Totals = { reported: 0, credited: 0, pending: 0, withheld: 0 }
  for (const one of sessions) {
    sum.reported += one.reported
    sum.credited += one.credited
    sum.pending += one.pending
    sum.withheld += Object.values(one.withheld).reduce((all, seconds) => all + seconds, 0)
  }
  return sum
}

/** Each reason once, the most first, in the server's sentence. */
export function unpaid(sessions: readonly Pick<StudySession, 'withheld' | 'why'>[]): Unpaid[] {
  const found = new Map<string, Unpaid>()
  for (const { withheld, why } of sessions)
    for (const [reason, seconds] of Object.entries(withheld)) {
      const before = found.get(reason)?.seconds ?? 0
      if (before + seconds > 0) found.set(reason, { reason, seconds: before + seconds, why: why[reason] ?? '' })
    }
  return [...found.values()].sort((a, b) => b.seconds - a.seconds)
}

export interface Lesson {
  id: number
  title: string
}

/** The lessons that were opened, each once, by title. */
export function lessonsOf(sessions: readonly StudySession[]): Lesson[] {
  const found = new Map(sessions.map(({ lesson_id, lesson }) => [lesson_id, lesson]))
  return [...found].map(([id, title]) => ({ id, title })).sort((a, b) => a.title.localeCompare(b.title, 'zh-CN'))
}
