import { describe, expect, it } from 'vitest'
import { lessonToContinue } from '@/pages/home/next'
import { missing, standing } from '@/pages/home/phase'
import type { Enrolment } from '@/session/enrolment'
import { moment } from '@/words/time'

const NOW = moment('2026-11-22T20:00:00+08:00')
const LESSON = {
  lesson_id: 14,
  lesson: '批评的分寸',
  course_id: 9,
  course: '走近师德',
  duration: 420,
  credited: 200,
  last_studied_at: null,
}

function enrolment(change: Partial<Enrolment> & Record<string, unknown> = {}): Enrolment {
  return {
    enrolment_id: 1,
    programme: '示范项目',
    programme_id: 'demonstration',
    phase: 'study',
    phase_title: '网络研修',
    study_open: true,
    study_opens_at: null,
    study_closes_at: '2026-12-16T00:00:00+08:00',
    status: 'active',
    score: 0,
    pass_mark: 90,
    passed: false,
    hours_credited: 0,
    hours_counted: 12.34,
    hours_required: 60,
    summary: '还差 47.7 学时',
    continue_with: null,
    ...change,
  }
}

describe('the line of the calendar', () => {
  const closed = { study_open: false, study_closes_at: null }
  it.each<[string, Parameters<typeof enrolment>[0], string, string]>([
    ['counts the days', {}, '网络研修 · 还有 23 天', 'brand'],
    ['warns in the last week', { study_closes_at: '2026-11-29T00:00:00+08:00' }, '网络研修 · 还有 6 天', 'warn'],
    ['tells the hour of the last day', { study_closes_at: '2026-11-22T22:00:00+08:00' }, '网络研修 · 今天 22:00 截止', 'warn'],
    ['says that it is shut', { study_open: false, phase_title: '未开始' }, '未开始 · 学习还没有开放', 'warn'],
    [
      'says from when it is open',
      { study_open: false, phase_title: '未开始', study_opens_at: '2026-12-01T08:00:00+08:00' },
      '未开始 · 12月1日 开始学习',
      'warn',
    ],
    ['says that studying is over', { ...closed, phase_title: '校级考核' }, '校级考核 · 学习时间已结束', ''],
    ['says that all is over', { ...closed, phase_title: '已结束' }, '已结束', ''],
    ['knows of what was kept that it is over by now', { study_closes_at: '2026-11-22T19:59:59+08:00' }, '网络研修 · 学习时间已结束', ''],
    ['knows who has left', { status: 'withdrawn' }, '已退出本项目', ''],
  ])('%s', (_, change, text, tone) => expect(standing(enrolment(change), NOW)).toEqual({ text, tone }))
})

describe('what is missing', () => {
  it('is the server’s line, or praise', () => {
    expect(missing(enrolment())).toBe('还差 47.7 学时')
    expect(missing(enrolment({ passed: true }))).toContain('恭喜')
    expect(missing(enrolment({ status: 'exempt' }))).toContain('免修')
  })
})

describe('where to go on', () => {
  it('is the lesson the server names, null where it names none, and nothing while studying is shut', () => {
    expect(lessonToContinue(enrolment({ continue_with: LESSON }))).toEqual(LESSON)
    expect(lessonToContinue(enrolment())).toBeNull()
    expect(lessonToContinue(enrolment({ continue_with: LESSON, study_open: false }))).toBeUndefined()
    expect(lessonToContinue(enrolment({ continue_with: LESSON, status: 'withdrawn' }))).toBeUndefined()
  })
})
