/** Before this device is left: what was watched and is not yet with the server goes first. */
import { ask, type Question } from '@/platform/say'
import { storage } from '@/platform/storage'
import { clock, studyApi } from '@/platform/study'
import { deliverHeld } from '@/study/deliver'
import { size } from '@/study/intervals'
import { leftBehind } from '@/study/kept'
import { duration } from '@/words/time'
import { session } from './session'

/** Nobody waits longer to sign out, ms. */
const PATIENCE = 8_000

/** Whether the teacher wants to go; knows what is still unsent. */
export async function mayLeave(question: Question): Promise<boolean> {
  const held = await unsent()
  if (!held) return ask(question)
  const warning = `还有 ${duration(held)}看过的内容没有交给服务器，先留在这台设备上。请尽快联网，在这台设备上重新登录后补记；超过一天就不能计入了。`
  return ask({ ...question, text: warning + question.text, yes: '仍要' + question.yes })
}

/** Seconds that are still unsent after trying. */
async function unsent(): Promise<number> {
  const account = session.me?.account_id
  if (account === undefined || !heldBy(account)) return 0
  const delivered = deliverHeld({ api: studyApi, clock, storage }, account).catch(console.error)
  await Promise.race([delivered, new Promise<void>((resolve) => clock.later(PATIENCE, resolve))])
  return heldBy(account)
}

function heldBy(account: number): number {
  let sum = 0
  for (const { open, beats, acked } of leftBehind(storage, account, clock.now())) {
    sum += size(open)
    for (const { seq, played } of beats) if (seq > acked) sum += size(played)
  }
  return sum
}
