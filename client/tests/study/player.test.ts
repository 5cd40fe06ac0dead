import { describe, expect, it } from 'vitest'
import { Problem, unreachable } from '@/api/problem'
import { size } from '@/study/intervals'
import { Player } from '@/study/player'
import { blankState, type BeatReply, type Lesson } from '@/study/types'
import { FakeClock, FakeStorage, FakeVideo } from './fakes'
import { ModelServer } from './model'

const LESSON: Lesson = { accountId: 7, enrolmentId: 3, lessonId: 5, device: '微信 iPhone · 4f2' }

function scene() {
  const clock = new FakeClock()
  const api = new ModelServer(clock, 300)
  const storage = new FakeStorage()
  const video = new FakeVideo(clock, 300)
  const player = new Player({ api, storage, clock, video }, LESSON, blankState())
  video.player = player
  return { clock, api, storage, video, player, state: player.state }
}

async function watching() {
  const here = scene()
  await here.clock.until(here.player.open())
  await here.clock.advance(1000)
  here.video.play()
  return here
}

/** The next beat's reply says this too. */
function says(api: ModelServer, extra: Partial<BeatReply>): void {
  api.extras.push(extra)
}

const CHECK = { id: 'c1', kind: 'tap', answer_within_ms: 120_000, picture: null }

describe('opening', () => {
  it('asks before it takes over from another device', async () => {
    const { api, clock, player, state } = scene()
    api.refusal = new Problem(409, 'playing_elsewhere', '您正在另一台设备上学习。', 0, [], {
      device: '网页 电脑',
      since: '2026-11-22T20:13:00+08:00',
      may_take_over: true,
    })
    await clock.until(player.open())
    expect(state.phase).toBe('elsewhere')
    expect(state.elsewhere).toEqual({ device: '网页 电脑', since: '2026-11-22T20:13:00+08:00', mayTakeOver: true })
    api.refusal = undefined
    await clock.until(player.open(true))
    expect(state.phase).toBe('open')
    expect(state.elsewhere).toBeUndefined()
  })

  it.each(['wrong_door', 'study_not_open', 'study_over', 'not_your_subject', 'enrolment_withdrawn'])(
    'is refused with the problem: %s',
    async (code) => {
      const { api, clock, player, state } = scene()
      api.refusal = new Problem(409, code, '原因')
      await clock.until(player.open())
      expect([state.phase, state.problem?.code, state.problem?.message]).toEqual(['refused', code, '原因'])
    },
  )

  it('is not stopped by anything that stands in the storage', async () => {
    const { clock, player, state, storage } = scene()
    const broken = ['', 'x', '{}', '[]', 'null', '{"session":"s","token":3}', '{"session":"s","token":"t","beats":[{"seq":-1}]}']
    broken.forEach((text, at) => storage.texts.set(`study:7:s${at}`, text))
    await clock.until(player.open())
    expect(state.phase).toBe('open')
    await clock.advance(1000)
    expect(storage.keys()).toEqual([])
  })
})

describe('playing', () => {
  it('shows what was watched as pending until the server judged it, and then as credited', async () => {
    const { video, state, clock } = await watching()
    await video.run(10)
    expect([state.pending, state.unsent, state.credited]).toEqual([[[0, 10]], 10, 0])
    await video.run(12)
    video.pause()
    await clock.advance(1000)
    expect([state.coverage, state.pending, state.unsent, state.credited]).toEqual([[[0, 22]], [], 0, 22])
    expect(state.today.credited).toBe(22)
  })

  it('asks which seconds are credited where the figures do not tell', async () => {
    const { video, state, clock, api } = await watching()
    says(api, { credited: 4, session: { reported: 8, credited: 4, pending: 0, withheld: { too_fast: 4 } } })
    await video.run(8)
    video.pause()
    await clock.advance(1000)
    expect(api.calls).toContain('covered')
    expect(state.coverage).toEqual([[0, 8]])
  })

  it('turns a jump back where the lesson has to be seen in order', async () => {
    const here = scene()
    here.api.rules.may_skip_ahead = false
    await here.clock.until(here.player.open())
    here.video.play()
    await here.video.run(6)
    expect(here.state.mayReach).toBe(11)
    here.video.drag(100)
    expect(here.video.told).toContain('seek 6')
    expect(here.state.message).toContain('不能往前跳')
    await here.video.run(3)
    here.video.drag(2)
    await here.video.run(2)
    expect(here.video.told.filter((what) => what.startsWith('seek'))).toHaveLength(1)
    expect(here.state.unsent + here.state.credited).toBeGreaterThan(0)
    expect(here.state.mayReach).toBe(14)
  })

  it('goes where the server says that it goes on', async () => {
    const { video, api, clock } = await watching()
    says(api, { resume_at: 3, message: '请从未看完处继续。' })
    await video.run(8)
    video.pause()
    await clock.advance(1000)
    expect(video.told).toContain('seek 3')
  })

  it('brings the speed back to what the programme allows', async () => {
    const { video, state } = await watching()
    video.play(2)
    expect(video.told).toContain('rate 1')
    expect(state.message).toContain('最高 1 倍速')
  })

  it('pauses and reports at once when the page is hidden', async () => {
    const { video, api, player, clock } = await watching()
    await video.run(5)
    player.hide()
    await clock.advance(100)
    expect(video.told).toContain('pause')
    expect(size(api.reported())).toBe(5)
  })

  it('sends its last word when the page goes, and nothing of it counts twice when the page comes back', async () => {
    const { video, api, player, clock, state } = await watching()
    await video.run(5)
    player.leave()
    expect(api.farewells.map(({ played }) => played)).toEqual([[[0, 5]]])
    player.show()
    video.play()
    await video.run(25)
    await clock.advance(1000)
    expect(size(api.reported())).toBe(state.credited)
    expect(state.credited).toBeGreaterThanOrEqual(20)
  })

  it('keeps what it cannot send, says so, and stops before a second would be watched for nothing', async () => {
    const { video, api, state, storage, clock } = await watching()
    api.fate = () => 'request lost'
    await video.run(60)
    expect(state.offline).toBe(true)
    expect(state.unsent).toBe(60)
    expect(JSON.stringify([...storage.texts])).toContain('[')
    await video.run(140)
    expect(video.isPlaying).toBe(false)
    expect(state.unsent).toBeLessThanOrEqual(180)
    expect(state.message).toContain('先停在这里')
    api.fate = () => 'fine'
    await clock.advance(90_000)
    expect([state.offline, state.unsent]).toEqual([false, 0])
    expect(state.credited).toBe(video.seen.length)
  })

  it('stops where another device took over', async () => {
    const { video, api, state, clock } = await watching()
    await video.run(5)
    says(api, { state: 'displaced', message: '您的学习已由另一台设备接替。' })
    video.drag(40)
    await clock.advance(1000)
    expect([state.phase, state.verdict, video.isPlaying]).toEqual(['over', 'displaced', false])
    expect(state.message).toContain('接替')
  })

  it('reports no second before the server can pay for it, and does not end without it', async () => {
    const { api, clock, player, state } = scene()
    await clock.until(player.open())
    const opened = clock.steady()
    player.playing(1)
    for (let at = 0.25; at <= 4.75; at += 0.25) {
      await clock.advance(250)
      player.moved(at)
    }
    await clock.until(player.close())
    expect([state.phase, size(api.reported())]).toEqual(['over', 5])
    expect(clock.steady() - opened).toBeGreaterThanOrEqual(5000)
  })

  it('asks at once whether the seat is still its own when another tab studies, once for each', async () => {
    const { video, api, state, player } = await watching()
    await video.run(3)
    const before = api.calls.length
    says(api, { state: 'displaced' })
    player.otherTab('tokens')
    for (let times = 0; times < 5; times++) player.otherTab('study:7:another')
    await video.run(2)
    expect(api.calls.length - before).toBe(1)
    expect([state.phase, state.verdict, video.isPlaying]).toEqual(['over', 'displaced', false])
  })

  it('that cannot end for want of a network goes on sending where the page stays, and ends then', async () => {
    const { video, api, player, clock, state } = await watching()
    await video.run(9)
    api.fate = () => 'request lost'
    await clock.until(player.close(true))
    expect([state.phase, state.offline, state.unsent]).toEqual(['open', true, 9])
    api.fate = () => 'fine'
    await clock.advance(40_000)
    expect([state.offline, state.unsent, state.credited]).toEqual([false, 0, 9])
    await clock.until(player.close(true))
    expect([state.phase, state.verdict, size(api.reported())]).toEqual(['over', 'ended', 9])
  })

  it('ends with its last seconds', async () => {
    const { video, api, player, clock, state } = await watching()
    await video.run(9)
    await clock.until(player.close())
    expect([state.phase, state.verdict]).toEqual(['over', 'ended'])
    expect(size(api.reported())).toBe(9)
  })
})

describe('a presence check', () => {
  async function checked(extra: Partial<BeatReply> = {}) {
    const here = await watching()
    says(here.api, { state: 'challenged', challenge: CHECK, message: '请点击确认', ...extra })
    await here.video.run(10)
    here.video.drag(50)
    await here.clock.advance(500)
    return here
  }

  it('is shown with its deadline, and gone once it is answered', async () => {
    const { state, clock, player } = await checked()
    expect(state.verdict).toBe('challenged')
    expect(state.challenge).toMatchObject({ id: 'c1', kind: 'tap', wrong: 0 })
    expect(Math.abs((state.challenge?.deadline ?? 0) - clock.now() - 120_000)).toBeLessThan(1000)
    await clock.until(player.answer())
    expect([state.challenge, state.verdict]).toEqual([undefined, 'playing'])
  })

  it('counts wrong answers, and takes the picture that replaces it', async () => {
    const { state, clock, player, api } = await checked()
    says(api, { state: 'challenged', challenge: CHECK, message: '数字不对' })
    await clock.until(player.answer('1234'))
    expect([state.challenge?.wrong, state.message]).toEqual([1, '数字不对'])
    says(api, { state: 'idle', challenge: { ...CHECK, id: 'c2', kind: 'digits', picture: 'data:image/png;base64,AA' } })
    await clock.until(player.answer('1234'))
    expect(state.challenge).toMatchObject({ id: 'c2', wrong: 0, picture: 'data:image/png;base64,AA', deadline: Infinity })
  })

  it('that was missed pauses the video, and asks for a fresh one until there is one', async () => {
    const { state, video, api, clock } = await checked({ state: 'idle', challenge: null, message: '没有按时回答' })
    expect([video.isPlaying, state.verdict, state.message]).toEqual([false, 'idle', '没有按时回答'])
    says(api, { state: 'idle', challenge: CHECK })
    await clock.advance(25_000)
    expect([state.challenge?.id, state.message]).toEqual(['c1', '没有按时回答'])
  })

  it('whose answer does not arrive is told to who asked', async () => {
    const { state, player, api, clock } = await checked()
    api.presence = () => Promise.reject(unreachable())
    await expect(clock.until(player.answer())).rejects.toMatchObject({ code: 'unreachable' })
    expect(state.challenge?.id).toBe('c1')
  })
})
