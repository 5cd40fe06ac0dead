import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  clock,
  day,
  dayAndTime,
  dayNumber,
  daysLeft,
  deadline,
  duration,
  greeting,
  moment,
  timeOfDay,
  wholeMinutes,
} from '@/words/time'

const HOUR = 3_600_000
const anyMoment = fc.integer({ min: Date.UTC(2000, 0), max: Date.UTC(2099, 0) })
const shanghai = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Shanghai',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
})

function parts(at: number) {
  return Object.fromEntries(shanghai.formatToParts(at).map(({ type, value }) => [type, value]))
}

describe('moments', () => {
  afterEach(() => void vi.unstubAllEnvs())

  it('are read from any RFC 3339 form as the platform reads them', () => {
    const offset = fc.integer({ min: -14 * 60, max: 14 * 60 })
    fc.assert(
      fc.property(anyMoment, offset, (at, minutes) => {
        const local = new Date(at + minutes * 60_000).toISOString().slice(0, -1)
        const [hours, rest] = [Math.trunc(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
        const zoned = `${local}${minutes < 0 ? '-' : '+'}${String(hours).padStart(2, '0')}:${String(rest).padStart(2, '0')}`
        expect(moment(zoned)).toBe(at)
        expect(moment(new Date(at).toISOString())).toBe(at)
      }),
    )
  })

  it('are read with microseconds, and nonsense is NaN', () => {
    expect(moment('2026-11-22T17:07:25.658534Z')).toBe(Date.UTC(2026, 10, 22, 17, 7, 25, 658))
    expect(moment('gestern')).toBeNaN()
    expect(moment('')).toBeNaN()
  })

  const zones: [string, number][] = [
    ['UTC', 0],
    ['America/Los_Angeles', -8],
    ['Pacific/Kiritimati', 14],
    ['Asia/Shanghai', 8],
  ]

  it.each(zones)('read as in Shanghai on a device in %s', (tz, hours) => {
    vi.stubEnv('TZ', tz)
    expect(new Date(Date.UTC(2026, 0)).getTimezoneOffset() / 60 + hours).toBe(0) // the device's zone is really that
    fc.assert(
      fc.property(anyMoment, anyMoment, (at, now) => {
        const there = parts(at)
        const date = `${Number(there.month)}月${Number(there.day)}日`
        expect(timeOfDay(at)).toBe(`${there.hour}:${there.minute}`)
        expect(day(at, now)).toBe(there.year === parts(now).year ? date : `${there.year}年${date}`)
        expect(dayAndTime(at, at)).toBe(`${date} ${there.hour}:${there.minute}`)
      }),
      { numRuns: 50 },
    )
  })
})

describe('days left', () => {
  it('changes at midnight in Shanghai and at no other time', () => {
    fc.assert(
      fc.property(anyMoment, anyMoment, (until, now) => {
        const before = daysLeft(until, now)
        expect(daysLeft(until, now + HOUR)).toBe(before - (dayNumber(now + HOUR) - dayNumber(now)))
        expect(daysLeft(until, until - 1)).toBe(0)
      }),
    )
  })

  const midnight = moment('2026-12-01T00:00:00+08:00') // the first instant that is too late

  it.each([
    ['2026-11-07T12:00:00+08:00', '还有 23 天'],
    ['2026-11-28T23:59:59+08:00', '还有 2 天'],
    ['2026-11-29T00:00:00+08:00', '明天 23:59 截止'],
    ['2026-11-30T00:00:00+08:00', '今天 23:59 截止'],
    ['2026-11-30T23:59:59+08:00', '今天 23:59 截止'],
    ['2026-12-01T00:00:00+08:00', '已截止'],
  ])('at %s a deadline at midnight reads %s', (now, said) => expect(deadline(midnight, moment(now))).toBe(said))

  it('tells the minute of a deadline by day', () =>
    expect(deadline(moment('2026-11-30T18:00:00+08:00'), moment('2026-11-30T09:00:00+08:00'))).toBe('今天 18:00 截止'))
})

describe('durations', () => {
  it('read back to the whole second as on a player', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 500_000 }), (seconds) => {
        expect(clock(seconds).split(':').reduce((sum, part) => sum * 60 + Number(part), 0)).toBe(seconds)
        expect(clock(seconds)).toMatch(/^(\d+:[0-5]\d|[0-5]?\d):[0-5]\d$/)
      }),
    )
  })

  it('read as sentences', () => {
    expect([45, 600, 725, 3600, 3725].map(duration)).toEqual(['45 秒', '10 分钟', '12 分 05 秒', '1 小时', '1 小时 02 分'])
    expect([0, 30, 60, 599].map(wholeMinutes)).toEqual(['0 分钟', '不到 1 分钟', '1 分钟', '9 分钟'])
    expect(clock(200)).toBe('3:20')
    expect([duration(NaN), clock(-3)]).toEqual(['0 秒', '0:00'])
  })
})

it('greets by the hour in Shanghai', () => {
  const hours = ['04', '06', '12', '15', '21'].map((hour) => greeting(moment(`2026-11-22T${hour}:30:00+08:00`)))
  expect(hours).toEqual(['晚上好', '早上好', '中午好', '下午好', '晚上好'])
})
