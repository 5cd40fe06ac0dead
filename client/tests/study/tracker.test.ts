import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { size } from '@/study/intervals'
import { Tracker } from '@/study/tracker'
import type { Interval } from '@/study/types'
import { counts } from './model'

const DURATION = 120

/** Something that happens to a video; `ms` of wall time where it lasts. */
type Act =
  | { what: 'play'; rate: number; ms: number }
  | { what: 'pause' | 'freeze' | 'hidden'; ms: number }
  | { what: 'seek' | 'jump'; to: number }

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ what: fc.constant('play' as const), rate: fc.constantFrom(1, 1, 1.25, 1.5, 2), ms: fc.integer({ min: 300, max: 30_000 }) }),
  fc.record({ what: fc.constantFrom('pause' as const, 'freeze' as const, 'hidden' as const), ms: fc.integer({ min: 100, max: 20_000 }) }),
  fc.record({ what: fc.constantFrom('seek' as const, 'jump' as const), to: fc.double({ min: 0, max: DURATION - 1, noNaN: true }) }),
)
/** How a device tells: every so many ms, give or take, perhaps in whole seconds, perhaps without `pause`. */
const device = fc.record({
  every: fc.constantFrom(250, 500, 1000),
  jitter: fc.array(fc.integer({ min: -60, max: 60 }), { minLength: 1, maxLength: 9 }),
  isWhole: fc.boolean(),
})

interface Watched {
  /** True pieces of media seen, in order: [from, to). */
  pieces: [number, number][]
  reported: Interval[]
  /** Media seconds that the wall time of playing paid for. */
  wall: number
}

/** Watches the true position while a tracker hears only what the device tells. */
function watch(acts: Act[], device: { every: number; jitter: number[]; isWhole: boolean }): Watched {
  let now = 0
  let at = 0
  let wall = 0
  let told = 0
  const pieces: [number, number][] = []
  const tracker = new Tracker(DURATION, () => now)
  const tell = () => tracker.move(device.isWhole ? Math.floor(at) : at)
  const spend = (ms: number, rate: number, isSeen: boolean) => {
    let left = ms
    while (left > 0) {
      const step = Math.min(left, device.every + (device.jitter[told++ % device.jitter.length] ?? 0))
      const before = at
      now += step
      left -= step
      at = Math.min(DURATION, at + (step / 1000) * rate)
      if (isSeen && at > before) {
        const last = pieces[pieces.length - 1]
        if (last && last[1] === before) last[1] = at
        else pieces.push([before, at])
      }
      tell()
    }
  }
  tracker.seek(0)
  for (const one of acts) {
    if (one.what === 'play') {
      tracker.play(one.rate)
      tracker.play(one.rate)
      spend(one.ms, one.rate, true)
      wall += (one.ms / 1000) * one.rate
      tracker.pause()
    } else if (one.what === 'freeze') {
      tracker.play(1)
      wall += one.ms / 1000
      spend(one.ms, 0, false)
      tracker.pause()
    } else if (one.what === 'hidden') {
      tracker.hide()
      tracker.play(1)
      spend(one.ms, 1, false)
      tracker.pause()
      tracker.show()
    } else if ('ms' in one) now += one.ms
    else {
      // A small jump ahead that nobody announces looks like playing; all others are seen.
      const isSmall = one.to > at && one.to < at + 3
      at = one.to
      if (one.what === 'seek' || isSmall) tracker.seek(at)
      else tell()
    }
  }
  tracker.close()
  return { pieces, reported: tracker.take(), wall }
}

describe('the tracker', () => {
  it('reports no second that was not seen, but for a rounding at the edges', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), device, (acts, how) => {
        const { pieces, reported } = watch(acts, how)
        for (const second of counts(reported).keys()) {
          // A device that tells whole seconds is a second behind; a jump of less than the slack looks like playing.
          const isNear = pieces.some(([from, to]) => second + 1 > from - 1.6 && second < to + 1.6)
          expect(isNear, `second ${second} of ${JSON.stringify(pieces)}`).toBe(true)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('reports every whole second of what was seen, within one at each edge', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 12 }), device, (acts, how) => {
        const { pieces, reported } = watch(acts, how)
        const found = counts(reported)
        for (const [from, to] of pieces)
          for (let second = Math.ceil(from) + 1; second + 2 <= to; second++)
            expect(found.has(second), `second ${second} of [${from}, ${to}) in ${JSON.stringify(reported)}`).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('never reports more than wall time × rate + the two seconds that the server carries', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 20 }), device, (acts, how) => {
        const { reported, wall } = watch(acts, how)
        expect(size(reported)).toBeLessThanOrEqual(wall + 2.01)
      }),
      { numRuns: 300 },
    )
  })

  it('never reports more than the clock allows, whatever positions it is told', () => {
    const tick = fc.tuple(fc.nat(1200), fc.double({ min: -5, max: DURATION + 5, noNaN: true }))
    fc.assert(
      fc.property(fc.array(tick, { maxLength: 60 }), (ticks) => {
        let now = 0
        const tracker = new Tracker(DURATION, () => now)
        tracker.play(1)
        for (const [ms, position] of ticks) {
          now += ms
          tracker.move(position)
        }
        tracker.end()
        expect(size(tracker.take())).toBeLessThanOrEqual(now / 1000 + 1)
      }),
    )
  })

  const playing = () => {
    const time = { now: 0 }
    const tracker = new Tracker(DURATION, () => time.now)
    tracker.seek(0)
    tracker.play(1)
    const run = (from: number, to: number, step = 0.25) => {
      for (let at = from + step; at <= to + 1e-9; at += step) {
        time.now += step * 1000
        tracker.move(at)
      }
    }
    return { time, tracker, run }
  }

  it('carries fractions from one beat to the next, over a pause', () => {
    const { tracker, run, time } = playing()
    run(0, 2.5)
    expect(tracker.take()).toEqual([[0, 2]])
    tracker.pause()
    time.now += 60_000
    tracker.play(1)
    run(2.5, 4)
    expect(tracker.take()).toEqual([[2, 4]])
  })

  it('tells a replay again, in the order played', () => {
    const { tracker, run } = playing()
    run(0, 6)
    tracker.seek(2)
    run(2, 5)
    expect(tracker.take()).toEqual([[0, 6], [2, 5]])
  })

  it('gives nothing for what a jump left out, and says that there was one', () => {
    const { tracker, run, time } = playing()
    run(0, 4)
    time.now += 250
    expect(tracker.move(60)).toBe('ahead')
    run(60, 63)
    expect(tracker.move(10)).toBe('back')
    expect(tracker.take()).toEqual([[0, 4], [60, 63]])
  })

  it('counts the last second when the end comes without a pause or a last tick', () => {
    const { tracker, run, time } = playing()
    tracker.seek(DURATION - 3)
    run(DURATION - 3, DURATION - 1, 1)
    time.now += 950
    tracker.end()
    expect(tracker.take()).toEqual([[DURATION - 3, DURATION - 1]])
    // The server pays for it when it is over, not before.
    expect(tracker.wait).toBeGreaterThanOrEqual(50)
    time.now += tracker.wait
    expect([tracker.wait, tracker.take()]).toEqual([0, [[DURATION - 1, DURATION]]])
  })

  it('has the time that passed before the video began, as the server has, and no more than two seconds of it', () => {
    const { tracker, run, time } = playing()
    tracker.pause()
    time.now += 60_000
    tracker.play(1)
    run(0, 2.75)
    tracker.close()
    expect([tracker.wait, tracker.take()]).toEqual([0, [[0, 3]]])
    for (const from of [10, 20, 30, 40, 50, 60, 70, 80]) {
      tracker.seek(from)
      run(from, from + 0.75)
      tracker.close()
    }
    expect(size(tracker.take())).toBe(7)
  })

  it('does not take a stretch without ticks for one that was watched', () => {
    const { tracker, run, time } = playing()
    run(0, 3)
    time.now += 60_000
    expect(tracker.move(50)).toBe('ahead')
    expect(tracker.take()).toEqual([[0, 3]])
  })
})
