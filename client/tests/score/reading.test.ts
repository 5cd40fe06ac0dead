import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lacks, reachable, standing, type Card } from '@/pages/score/reading'

const part = { clause: '', assumed: '', module: null, dimension: null, points: 0, points_max: 10, best: 10, says: '', missing: '', ignored: [] }
const blank: Card = {
  enrolment_id: 7,
  programme: '示范项目',
  programme_id: 'demonstration',
  phase: 'study',
  phase_title: '网络研修',
  study_open: true,
  study_opens_at: null,
  study_closes_at: null,
  status: 'active',
  score: 0,
  pass_mark: 90,
  passed: false,
  hours_credited: 0,
  hours_counted: 0,
  hours_required: 60,
  summary: '',
  continue_with: null,
  version: 1,
  as_of: '2026-11-22T20:13:00+08:00',
  total: 100,
  best: 100,
  can_pass: true,
  why: '',
  credits: null,
  exempt: '',
  modules: [],
  parts: [],
  dimensions: [],
  papers: [],
  missing: [],
  note: '',
}

describe('what is still within reach', () => {
  it('never promises more than the best, nor asks for less than is missing', () => {
    const hundredths = fc.integer({ min: 0, max: 10_000 }).map((n) => n / 100)
    fc.assert(
      fc.property(hundredths, hundredths, hundredths, (one, two, pass_mark) => {
        const [score, best] = [Math.min(one, two), Math.max(one, two)]
        fc.pre(score < pass_mark && pass_mark <= best)
        const said = reachable({ ...blank, score, best, pass_mark })
        const [most, more] = [/最多还能到 ([\d.]+) 分/, /再得 ([\d.]+) 分/].map((found) => Number(said.match(found)?.[1]))
        expect(most).toBeLessThanOrEqual(best)
        if (Number.isNaN(more)) expect(said).toContain('刚好合格')
        else expect(more).toBeGreaterThanOrEqual(pass_mark - score - 1e-6)
      }),
    )
  })

  it('is said plainly where it is out of reach, done, or not asked', () => {
    const summary = '最高只能到 80 分，已不能合格'
    expect([reachable({ ...blank, can_pass: false, summary }), standing({ ...blank, can_pass: false }).tone]).toEqual([
      `${summary}。`,
      'bad',
    ])
    expect([reachable({ ...blank, passed: true, score: 92, best: 100 }), standing({ ...blank, passed: true }).text]).toEqual([
      '已经合格，最多还能到 100 分。',
      '已合格',
    ])
    expect(standing({ ...blank, exempt: '教师资格证书' }).text).toBe('免修')
    expect(reachable({ ...blank, score: 95 })).toContain('别的条件')
  })
})

describe('what is missing', () => {
  const card: Card = {
    ...blank,
    modules: [{ key: 'ethics', title: '师德', clause: '', assumed: '', hours_required: 15, hours_credited: 0, hours_counted: 0, hours_missing: 15, points: 0, points_max: 25 }],
    parts: [
      { ...part, key: 'stories', kind: 'submitted', title: '师德故事', missing: '师德故事还差 1 次' },
      { ...part, key: 'offline', kind: 'attended', title: '线下', missing: '线下还差 3 学时' },
      { ...part, key: 'abilities', kind: 'certified', title: '微能力点认证', missing: '' },
    ],
    missing: ['师德还差 15 学时', '师德故事还差 1 次', '线下还差 3 学时', '微能力点须有 2 个维度（附件2）', '学习时间已经结束，不能补学'],
  }

  it('leads to where it is done, and nowhere where the teacher can do nothing', () => {
    expect(lacks(card).map(({ page }) => page)).toEqual(['courses', 'parts', undefined, 'parts', undefined])
  })

  it('does not send anybody to the courses when nothing counts any more', () => {
    expect(lacks({ ...card, study_open: false })[0]?.page).toBeUndefined()
  })
})
