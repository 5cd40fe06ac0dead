import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { byDay, lessonsOf, totals, unpaid, type StudySession } from '@/pages/evidence/record'
import { moment } from '@/words/time'

const NOW = moment('2026-11-22T20:00:00+08:00')
const REASONS = ['too_fast', 'idle', 'repeat'] as const

const counts = fc.record({
  credited: fc.nat(3000),
  pending: fc.nat(60),
  withheld: fc.dictionary(fc.constantFrom(...REASONS), fc.nat(900)),
})

function made(at: number, { credited, pending, withheld }: { credited: number; pending: number; withheld: Record<string, number> }) {
  const lost = Object.values(withheld).reduce((all, one) => all + one, 0)
  const session: StudySession = {
    session_id: String(at),
    course: '走近师德',
    lesson_id: 3,
    lesson: '批评的分寸',
    device: '手机',
    opened_at: new Date(at).toISOString(),
    last_beat_at: null,
    ended_at: null,
    end_reason: null,
    reported: credited + pending + lost,
    credited,
    pending,
    withheld,
    why: Object.fromEntries(Object.keys(withheld).map((reason) => [reason, `因为 ${reason}`])),
    presence: { asked: 0, answered: 0, missed: 0 },
  }
  return session
}

/** Newest first, as the server lists them. */
const sessions = fc
  .array(fc.tuple(fc.integer({ min: NOW - 40 * 86_400_000, max: NOW }), counts), { maxLength: 30 })
  .map((rows) => rows.sort(([a], [b]) => b - a).map(([at, count]) => made(at, count)))

describe('the study record', () => {
  it('shows every session once, in order, and each day once', () => {
    fc.assert(
      fc.property(sessions, (all) => {
        const days = byDay(all, NOW)
        expect(days.flatMap((one) => one.sessions)).toEqual(all)
        expect(new Set(days.map(({ key }) => key)).size).toBe(days.length)
      }),
    )
  })

  it('adds up: what was seen is what counted, what waits and what did not count', () => {
    fc.assert(
      fc.property(sessions, (all) => {
        const sum = totals(all)
        expect(sum.credited + sum.pending + sum.withheld).toBe(sum.reported)
        expect(byDay(all, NOW).reduce((total, one) => total + one.credited, 0)).toBe(sum.credited)
        expect(unpaid(all).reduce((total, one) => total + one.seconds, 0)).toBe(sum.withheld)
      }),
    )
  })

  it('tells each reason once, the most first, in the server’s words', () => {
    fc.assert(
      fc.property(sessions, (all) => {
        const reasons = unpaid(all)
        expect(new Set(reasons.map(({ reason }) => reason)).size).toBe(reasons.length)
        expect(reasons.every(({ seconds, why, reason }) => seconds > 0 && why === `因为 ${reason}`)).toBe(true)
        expect(reasons.every(({ seconds }, at) => at === 0 || seconds <= (reasons[at - 1]?.seconds ?? 0))).toBe(true)
      }),
    )
  })

  it('calls this day today, by the clock in China', () => {
    const late = made(moment('2026-11-22T00:00:00+08:00'), { credited: 60, pending: 0, withheld: {} })
    const before = made(moment('2026-11-21T23:59:59+08:00'), { credited: 60, pending: 0, withheld: {} })
    expect(byDay([late, before], NOW).map(({ name }) => name)).toEqual(['今天', '11月21日'])
    expect(lessonsOf([late, before])).toEqual([{ id: 3, title: '批评的分寸' }])
  })
})
