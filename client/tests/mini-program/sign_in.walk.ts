/** The package against a running server (XUESHI_URL) with a stand-in for WeChat behind it, on the real clock. */
import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'
import { Phone } from './phone'
import { forwarding, statuses } from './server'

interface Teacher {
  number: string
  password: string
  enrolment: number
  lesson: number
}

const given: Record<string, string | undefined> = { ...process.env }
const ROOT = given.MINI_PROGRAM ?? ''
const answer = forwarding(given.XUESHI_URL ?? '')
const read: () => Record<'first' | 'second', Teacher> = () => JSON.parse(readFileSync(given.XUESHI_TEACHERS ?? '', 'utf8'))
const teachers = read()

async function until(act: () => void): Promise<void> {
  await vi.waitFor(act, { timeout: 10_000, interval: 50 })
}

const comesTo = (phone: Phone, route: string) => until(() => expect(phone.route).toBe(`pages/${route}/${route}`))

async function signIn(phone: Phone, { number, password }: Teacher): Promise<void> {
  await phone.type(0, number)
  await phone.type(1, password)
  const asked = phone.asked.length
  await phone.tap('登录')
  await until(() => expect(phone.asked.length).toBeGreaterThan(asked))
}

async function fresh(owner: string): Promise<Phone> {
  const phone = new Phone(ROOT, answer, owner)
  await phone.launch()
  await comesTo(phone, 'sign-in')
  await until(() => expect(phone.all('wx-input')).toHaveLength(2))
  return phone
}

test('the first time a teacher types and is bound; after that WeChat lets them in, and lessons count', async () => {
  const phone = await fresh('lin')
  expect(statuses(phone.of('/v1/auth/wechat'))).toEqual([403])
  expect(phone.text).toContain('第一次用请登录一次')

  // Nothing is sent before the teacher agrees to the privacy text.
  await phone.type(0, teachers.first.number)
  await phone.type(1, teachers.first.password)
  await phone.tap('登录')
  await until(() => expect(phone.text).toContain('请先阅读并勾选同意'))
  expect(phone.of('/v1/auth/')).toHaveLength(1)

  await phone.tap('我已阅读并同意')
  await signIn(phone, teachers.first)
  await comesTo(phone, 'home')
  expect(statuses(phone.of('/v1/auth/wechat/bind'))).toEqual([200])
  for (const [key, value] of phone.storage) expect(`${key} ${String(value)}`).not.toContain(teachers.first.number)

  phone.storage.clear()
  phone.asked.length = 0
  await phone.launch()
  await until(() => expect(statuses(phone.of('/v1/me'))).toContain(200))
  expect(phone.route).toBe('pages/home/home')
  expect(statuses(phone.of('/v1/auth/'))).toEqual([200])
  phone.quit()

  await phone.launch('pages/lesson/lesson', {
    enrolment: String(teachers.first.enrolment),
    lesson: String(teachers.first.lesson),
  })
  await until(() => expect(phone.all('wx-video')).toHaveLength(1))
  const video = phone.all('wx-video')[0]
  await phone.happen(video, 'play')
  const began = Date.now()
  const tick = setInterval(() => {
    void phone.happen(video, 'timeupdate', { currentTime: (Date.now() - began) / 1000, duration: 600 })
  }, 250)
  await until(() => expect(phone.of('/v1/study/beats').length).toBeGreaterThanOrEqual(2))
  await phone.network(false)
  await until(() => expect(phone.asked.some(({ status }) => status === 0)).toBe(true))
  await phone.network(true)
  await until(() => expect(phone.asked[phone.asked.length - 1]?.status).toBe(200))
  clearInterval(tick)
  const watched = Math.floor((Date.now() - began) / 1000)
  await phone.happen(video, 'pause')
  phone.quit()
  await until(() => expect(statuses(phone.of('/v1/study/end'))).toEqual([200]))
  const evidence: { reported: number; credited: number }[] = JSON.parse(
    (await phone.ask('GET', `/v1/enrolments/${teachers.first.enrolment}/study`)).text,
  )
  expect(watched).toBeGreaterThanOrEqual(2)
  expect(evidence).toHaveLength(1)
  // The page reports no second before it is over by the server's clock.
  expect(evidence[0]?.credited).toBe(evidence[0]?.reported)
  expect(Math.abs((evidence[0]?.reported ?? 0) - watched)).toBeLessThanOrEqual(1)
})

test('five wrong passwords lock the account, and the page says for how long', async () => {
  const phone = await fresh('zhou')
  await phone.tap('我已阅读并同意')
  for (let guess = 1; guess <= 6 && !phone.text.includes('账号暂时锁定'); guess++) {
    await signIn(phone, { ...teachers.second, password: `wrong-${guess}` })
    await until(() => expect(phone.asked[phone.asked.length - 1]?.status).toBeGreaterThan(0))
    await phone.settle()
  }
  await until(() => expect(phone.text).toMatch(/账号暂时锁定。 ?请 .*(分|秒).*后再试/))
  const asked = phone.asked.length
  await phone.tap('登录')
  expect(phone.asked).toHaveLength(asked)
  phone.quit()
})
