import { describe, expect, it } from 'vitest'
import { deliverHeld, Player } from '@/study/player'
import { size } from '@/study/intervals'
import { Today } from '@/study/today'
import { blankState, type Lesson } from '@/study/types'
import { FakeClock, FakeStorage, FakeVideo } from './fakes'
import { ModelServer } from './model'

const LESSON: Lesson = { accountId: 7, enrolmentId: 3, lessonId: 5, device: '网页 电脑 · 4f2' }

async function watched(seconds: number) {
  const clock = new FakeClock()
  const api = new ModelServer(clock, 300)
  const storage = new FakeStorage()
  const video = new FakeVideo(clock, 300)
  const ports = { api, storage, clock, video }
  let isAlive = true
  const player = (video.player = new Player({ ...ports, clock: clock.page(() => isAlive) }, LESSON, blankState()))
  await clock.until(player.open())
  await clock.advance(1000)
  video.play()
  await video.run(seconds)
  const kill = () => {
    isAlive = false
    video.player = undefined
  }
  return { clock, api, storage, ports, kill }
}

describe('what a page that is gone held', () => {
  it('is left alone while it may still play in another tab, and delivered when it does not', async () => {
    const { clock, api, storage, ports, kill } = await watched(7)
    kill()
    await clock.until(deliverHeld(ports, LESSON.accountId))
    expect(size(api.reported())).toBe(0)
    await clock.advance(70_000)
    expect(size(api.reported())).toBe(7)
    api.flush()
    await clock.advance(130_000)
    await clock.until(deliverHeld(ports, LESSON.accountId))
    expect(storage.keys()).toEqual([])
  })

  it('goes with the next opening, before the clock starts anew', async () => {
    const { clock, api, ports, kill } = await watched(7)
    kill()
    const next = new Player(ports, LESSON, blankState())
    await clock.until(next.open())
    expect(size(api.reported())).toBe(7)
    expect(next.state.coverage).toEqual([[0, 7]])
  })

  it('is not asked of another account, and not after two days', async () => {
    const { clock, api, storage, ports, kill } = await watched(7)
    kill()
    const key = storage.keys()[0]!
    await clock.until(deliverHeld(ports, 8))
    expect(storage.keys()).toEqual([key])
    const kept = storage.texts.get(key)!
    const late = new FakeClock(clock.now() + 3 * 86_400_000)
    storage.texts.set(key, kept)
    await late.until(deliverHeld({ ...ports, clock: late }, LESSON.accountId))
    expect([storage.keys(), size(api.reported())]).toEqual([[], 0])
  })
})

describe('today', () => {
  it('begins anew at midnight in China', () => {
    const evening = Date.UTC(2026, 10, 22, 15, 59)
    const today = new Today(600, evening)
    expect(today.at(40, evening + 30_000)).toBe(640)
    expect(today.at(50, evening + 60_000)).toBe(0)
    expect(today.at(75, evening + 120_000)).toBe(25)
  })
})
