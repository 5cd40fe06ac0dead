/** The lesson page of the package, minute by minute: what it tells the server and when. Time is moved. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Phone } from './phone'
import { Scripted } from './server'

const given: Record<string, string | undefined> = { ...process.env }
const ROOT = given.MINI_PROGRAM ?? ''

let phone: Phone
let server: Scripted
let position = 0

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] })
  position = 0
  server = new Scripted()
  phone = new Phone(ROOT, server.answer)
  await phone.launch('pages/lesson/lesson', { enrolment: '3', lesson: '5' })
  await pass(1)
})
afterEach(() => {
  phone.quit()
  vi.useRealTimers()
})

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
  await phone.settle()
}

/** A WeChat video that tells its position four times a second, in the way of Android. */
async function watch(seconds: number): Promise<void> {
  for (let tick = 0; tick < seconds * 4; tick++) {
    await pass(250)
    position += 0.25
    await tell('timeupdate', { currentTime: position, duration: 900 })
  }
}

const tell = (name: string, detail: object = {}) => phone.happen(phone.all('wx-video')[0], name, detail)
const played = () => server.beats.flatMap(({ body }) => body.played)

test('a session opens, and each twenty seconds a beat of what was played goes out', async () => {
  expect(phone.of('/v1/study/sessions')).toHaveLength(1)
  const opening = JSON.parse(phone.of('/v1/study/sessions')[0]?.body ?? '')
  expect(opening).toMatchObject({ enrolment_id: 3, lesson_id: 5, take_over: false })
  expect(opening.device).toMatch(/^微信 /)
  await phone.tap('开始看')
  await pass(1)
  expect(phone.video).toContain('play')
  await tell('play')
  await watch(65)
  expect(server.beats.length).toBeGreaterThanOrEqual(3)
  expect(server.beats.map(({ body }) => body.seq)).toEqual(server.beats.map((_, at) => at + 1))
  for (const [at, beat] of server.beats.entries()) {
    expect(beat.bytes).toBeLessThan(500)
    const before = server.beats[at - 1]
    if (before) expect(beat.at - before.at).toBeGreaterThanOrEqual(19_000)
    if (before) expect(beat.at - before.at).toBeLessThanOrEqual(21_500)
  }
  const last = played()[played().length - 1]?.[1] ?? 0
  expect(last).toBeGreaterThanOrEqual(58)
  expect(last).toBeLessThanOrEqual(65)
  for (const { header } of phone.of('/v1/study/beats')) expect(header.Authorization).toBe('Bearer study')
})

test('a pause tells at once what was played so far', async () => {
  await tell('play')
  await watch(7)
  await tell('pause')
  await pass(500)
  expect(played()).toEqual([[0, 7]])
})

test('who leaves WeChat leaves a paused video and no second behind', async () => {
  await tell('play')
  await watch(9)
  await phone.hide()
  await pass(500)
  expect(phone.video).toContain('pause')
  expect(played()).toEqual([[0, 9]])
  const told = server.beats.length
  await pass(60_000)
  expect(played()).toEqual([[0, 9]])
  expect(server.beats.length).toBeLessThanOrEqual(told + 3)
})

test('who leaves the page ends the session', async () => {
  await tell('play')
  await watch(5)
  phone.quit()
  await pass(500)
  expect(server.beats[server.beats.length - 1]).toMatchObject({ path: '/v1/study/end', body: { played: [[0, 5]] } })
})

test('a presence check is shown, and a tap answers it', async () => {
  await tell('play')
  server.challenge = { id: 'c1', kind: 'tap', answer_within_ms: 120_000, picture: null }
  await watch(22)
  expect(phone.text).toContain('您在看吗')
  await phone.tap('我在看')
  await pass(500)
  expect(server.answers).toEqual([{ challenge_id: 'c1', answer: null }])
  expect(phone.text).not.toContain('您在看吗')
})

test('what was watched without a network is told when it is back, each second once', async () => {
  await tell('play')
  await watch(10)
  await phone.network(false)
  await watch(40)
  expect(played()).toEqual([])
  expect(phone.text).toContain('网络')
  await phone.network(true)
  await watch(62)
  const seconds = new Map(server.beats.map(({ body }) => [body.seq, body.played]))
  const told = [...seconds.values()].flat()
  for (let at = 1; at < told.length; at++) expect(told[at]?.[0]).toBe(told[at - 1]?.[1])
  expect(told[0]?.[0]).toBe(0)
  expect(told[told.length - 1]?.[1]).toBeGreaterThanOrEqual(50)
})

test('what a killed page had not told is told at the next start', async () => {
  await tell('play')
  await watch(10)
  await phone.network(false)
  await watch(30)
  const { storage } = phone
  phone.quit()
  await pass(5000)
  expect(played()).toEqual([])
  const again = new Phone(ROOT, server.answer)
  for (const [key, value] of storage) again.storage.set(key, value)
  phone = again
  await phone.launch('pages/lesson/lesson', { enrolment: '3', lesson: '5' })
  await pass(2000)
  const last = Math.max(...played().map(([, stop]) => stop))
  expect(last).toBeGreaterThanOrEqual(39)
})
