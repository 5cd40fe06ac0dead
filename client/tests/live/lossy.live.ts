/** Teachers watch through a network that loses what it likes, and their pages are killed; what they saw is told to who asks. */
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { call } from '@/api/call'
import { clock, studyApi } from '@/platform/study'
import { deliverHeld, Player } from '@/study/player'
import { blankState, type Clock, type Ports, type Video } from '@/study/types'
import { FakeStorage } from '../study/fakes'
import { fetching } from './fetching'

interface Teacher {
  token: string
  account: number
  enrolment: number
  lesson: number
}

const given: Record<string, string | undefined> = { ...process.env }
const teachers: Teacher[] = JSON.parse(readFileSync(given.XUESHI_TEACHERS ?? '', 'utf8'))
/** By enrolment: the whole seconds that were seen to their end, in order. */
const seen: Record<number, number[]> = {}
Object.assign(globalThis, { uni: { request: fetching } })
afterAll(() => writeFileSync(given.XUESHI_SEEN ?? '', JSON.stringify(seen)))

/** The real clock, but tries again after a hundredth of the time; a page that is killed waits for nothing. */
function impatient(page: { isAlive: boolean }): Clock {
  return { ...clock, random: () => clock.random() / 100, later: (ms, act) => clock.later(ms, () => page.isAlive && act()) }
}

class Watching implements Video {
  private position = 0
  private rate = 1
  private isPlaying = false
  private last = clock.steady()
  private readonly timer = setInterval(() => this.tick(), 100)
  player: Player | undefined

  constructor(private readonly seen: number[]) {}

  play(): void {
    this.last = clock.steady()
    this.isPlaying = true
    this.player?.playing(this.rate)
  }

  pause(): void {
    this.tick()
    if (!this.isPlaying) return
    this.isPlaying = false
    this.player?.paused()
  }

  seek(second: number): void {
    this.tick()
    this.position = second
  }

  setRate(rate: number): void {
    this.rate = rate
  }

  /** The teacher goes there. */
  go(second: number): void {
    this.seek(second)
    this.player?.seeked(second)
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /** Where a new page goes on: the beginning of the second that was not over. */
  begin(): number {
    return (this.position = Math.floor(this.position))
  }

  private tick(): void {
    const now = clock.steady()
    const before = this.position
    if (this.isPlaying) this.position += (now - this.last) / 1000
    this.last = now
    for (let second = Math.floor(before); second + 1 <= this.position; second++) this.seen.push(second)
    if (this.isPlaying) this.player?.moved(this.position)
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms))
}

async function watch(teacher: Teacher): Promise<void> {
  const mine = (seen[teacher.enrolment] = [])
  const storage = new FakeStorage()
  const video = new Watching(mine)
  const lesson = { accountId: teacher.account, enrolmentId: teacher.enrolment, lessonId: teacher.lesson, device: '网页 电脑 · 4f2' }
  let page = { isAlive: true }
  const ports = (of = page): Ports => {
    const told = <T>(reply: Promise<T>) => reply.finally(() => (of.isAlive ? undefined : new Promise(() => undefined)))
    return {
      video,
      clock: impatient(of),
      storage: of.isAlive ? storage : new FakeStorage(),
      api: {
        open: (body) => told(call('open_study_session', { body }, { token: teacher.token })),
        beat: (token, body) => told(studyApi.beat(token, body)),
        presence: (token, body) => told(studyApi.presence(token, body)),
        end: (token, body) => told(studyApi.end(token, body)),
        covered: (token) => told(studyApi.covered(token)),
        farewell: (token, body) => studyApi.farewell(token, body),
      },
    }
  }
  const open = async () => {
    const player = new Player(ports(), lesson, blankState())
    while (player.state.phase !== 'open') {
      await player.open()
      expect(player.state.problem?.passing ?? true, player.state.problem?.code).toBe(true)
    }
    player.seeked(video.begin())
    video.player = player
    video.play()
    return player
  }
  await open()
  await wait(1800)
  video.pause()
  await wait(300)
  video.play()
  await wait(1500)
  // Killed: only the storage is left.
  video.player = undefined
  video.pause()
  page.isAlive = false
  page = { isAlive: true }
  const player = await open()
  await wait(1600)
  video.go(1)
  await wait(1300)
  video.go(200)
  await wait(1400)
  video.pause()
  video.stop()
  while (player.state.phase === 'open') await player.close()
  // What could not be ended now is by the next start, a while later.
  const later: Clock = { ...impatient(page), now: () => clock.now() + 61_000 }
  for (let tried = 0; tried < 100 && storage.keys().length; tried++) {
    await deliverHeld({ ...ports(), clock: { ...later, later: () => () => undefined } }, teacher.account)
    await wait(150)
  }
  expect(storage.keys()).toEqual([])
}

it('watches', async () => {
  await Promise.all(teachers.map(watch))
  for (const { enrolment } of teachers) expect(seen[enrolment]?.length).toBeGreaterThan(3)
})
