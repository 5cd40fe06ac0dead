/** Where an enrolment stands in its calendar, and where to go on, in words. */
import type { Enrolment } from '@/session/enrolment'
import { day, deadline, moment } from '@/words/time'

/** Days left from which the line warns. */
const SOON = 7 * 24 * 3_600_000

export interface Standing {
  text: string
  tone: 'brand' | 'warn' | ''
}

/** 网络研修 · 还有 23 天 */
export function standing(enrolment: Enrolment, now: number): Standing {
  const { phase_title: phase, status, study_open: open } = enrolment
  const closes = enrolment.study_closes_at ? moment(enrolment.study_closes_at) : undefined
  if (status === 'withdrawn') return { text: '已退出本项目', tone: '' }
  if (closes === undefined || now >= closes) return { text: over(phase), tone: '' }
  if (!open) return { text: `${phase} · ${opening(enrolment, now)}`, tone: 'warn' }
  return { text: `${phase} · ${deadline(closes, now)}`, tone: closes - now <= SOON ? 'warn' : 'brand' }
}

/** What is missing, in one line. */
export function missing(enrolment: Enrolment): string {
  if (enrolment.passed) return '恭喜，已经合格！'
  if (enrolment.status === 'exempt') return '已免修，不用学习。'
  return enrolment.summary
}

function over(phase: string): string {
  return phase === '已结束' ? '已结束' : `${phase} · 学习时间已结束`
}

function opening(enrolment: Enrolment, now: number): string {
  const opens = enrolment.study_opens_at
  return opens ? `${day(moment(opens), now)} 开始学习` : '学习还没有开放'
}
