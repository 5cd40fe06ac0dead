import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { deliverHeld, Player } from '@/study/player'
import { blankState, type BeatReply, type Lesson, type Ports } from '@/study/types'
import { FakeClock, FakeStorage, FakeVideo } from './fakes'
import { counts, ModelServer, type Fate } from './model'

const LESSON: Lesson = { accountId: 7, enrolmentId: 3, lessonId: 5, device: '网页 电脑 · 4f2' }

/** What happens while a teacher watches on. */
const event = fc.record({
  /** Watched first, s. */
  after: fc.integer({ min: 1, max: 45 }),
  what: fc.constantFrom('flush', 'flush', 'snapshot', 'restore', 'forget', 'kill', 'pause', 'hide', 'leave', 'nothing'),
})
const fate: fc.Arbitrary<Fate> = fc.constantFrom('fine', 'fine', 'fine', 'request lost', 'reply lost', 'no answer', 'slow', 'busy')
const story = fc.record({
  events: fc.array(event, { maxLength: 8 }),
  fates: fc.array(fate, { minLength: 1, maxLength: 25 }),
  draws: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1, maxLength: 7 }),
})

interface Page {
  isAlive: boolean
  /** Beats under way. */
  flying: number
}

function scene(draws: number[] = [0.5], duration = 900) {
  let drawn = 0
  const clock = new FakeClock(undefined, () => draws[drawn++ % draws.length] ?? 0)
  const api = new ModelServer(clock, duration)
  // As if the flusher never stood still as long as a silence: what is lost longer than that nobody can prove.
  api.rules.max_silence = 3600
  const storage = new FakeStorage()
  const video = new FakeVideo(clock, duration)
  let page: Page = { isAlive: true, flying: 0 }
  let overlaps = 0
  const portsOf = (mine: Page): Ports => ({
    clock: clock.page(() => mine.isAlive),
    video,
    storage: {
      get: (key) => storage.get(key),
      set: (key, value) => void (mine.isAlive && storage.set(key, value)),
      remove: (key) => void (mine.isAlive && storage.remove(key)),
      keys: () => storage.keys(),
    },
    api: {
      open: () => told(mine, api.open()),
      beat: (token, body) => alone(mine, () => api.beat(token, body)),
      end: (token, body) => alone(mine, () => api.end(token, body)),
      presence: (token) => told(mine, api.presence(token)),
      covered: () => told(mine, api.covered()),
      farewell: (token, body) => api.farewell(token, body),
    },
  })
  const alone = async (mine: Page, ask: () => Promise<BeatReply>): Promise<BeatReply> => {
    if (++mine.flying > 1) overlaps += 1
    const done = () => void (mine.flying -= 1)
    const reply = ask()
    reply.then(done, done)
    return told(mine, reply)
  }
  return {
    overlaps: () => overlaps,
    clock,
    api,
    storage,
    video,
    ports: () => portsOf(page),
    /** The object is gone, with its timers and what it waited for; only the storage is left. */
    kill() {
      page.isAlive = false
      page = { isAlive: true, flying: 0 }
      video.player = undefined
    },
    async opened(): Promise<Player> {
      const player = (video.player = new Player(portsOf(page), LESSON, blankState()))
      for (let tried = 0; player.state.phase !== 'open' && tried < 60; tried++) {
        await clock.until(player.open())
        await clock.advance(500)
      }
      expect(player.state.phase).toBe('open')
      return player
    },
  }
}

/** What the network brings to a page; to one that is gone it brings nothing. */
function told<T>(page: Page, reply: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    reply.then(
      (value) => page.isAlive && resolve(value),
      (error: unknown) => page.isAlive && reject(error),
    )
  })
}

describe('the beats', () => {
  it('bring every second that was watched to the server, and each once, whatever becomes of requests, servers and pages', async () => {
    await fc.assert(
      fc.asyncProperty(story, async ({ events, fates, draws }) => {
        const here = scene(draws)
        const { api, video, clock, storage } = here
        let asked = 0
        api.fate = () => fates[asked++ % (fates.length + 6)] ?? 'fine'
        let older = api.snapshot()
        let player = await here.opened()
        video.play()
        for (const { after, what } of events) {
          await video.run(after)
          if (what === 'flush') api.flush()
          else if (what === 'snapshot') older = api.snapshot()
          else if (what === 'restore') api.restore(older)
          else if (what === 'forget') api.forget()
          else if (what === 'leave') player.leave()
          else if (what === 'hide') {
            player.hide()
            await video.run(3)
            player.show()
          } else if (what === 'pause') {
            video.pause()
            await clock.advance(20_000)
          } else if (what === 'kill') {
            here.kill()
            api.resumeAt = video.position = Math.floor(video.position)
            player = await here.opened()
          }
          video.play()
        }
        await video.run(5)
        api.fate = () => 'fine'
        await clock.until(player.close())
        await clock.advance(100_000)
        await clock.until(deliverHeld(here.ports(), LESSON.accountId))
        api.flush()
        await clock.advance(100_000)
        await clock.until(deliverHeld(here.ports(), LESSON.accountId))
        const found = counts(api.reported())
        for (const second of video.seen) expect(found.get(second), `second ${second}`).toBe(1)
        // The second that a killed page was in the middle of may be told or not.
        expect(found.size).toBe(new Set(video.seen).size)
        expect(here.overlaps()).toBe(0)
        expect(api.longest).toBeLessThan(500)
        expect(storage.keys()).toEqual([])
      }),
      { numRuns: 150 },
    )
  }, 20_000)
})
