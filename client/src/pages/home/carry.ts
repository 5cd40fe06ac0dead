/** The heavy half of held.ts: fetched only where this device keeps beats. */
import { storage } from '@/platform/storage'
import { clock, studyApi } from '@/platform/study'
import { deliverHeld } from '@/study/deliver'
import { size } from '@/study/intervals'
import { leftBehind } from '@/study/kept'

/** A session that wrote this lately plays still, or has just been left: what it holds is on its way, ms. */
const FRESH = 60_000

/** Seconds played here that were never answered. */
export function heldSeconds(accountId: number, now: number): number {
  let sum = 0
  for (const { written, open, beats, acked } of leftBehind(storage, accountId, now)) {
    if (Math.abs(now - written) < FRESH) continue
    sum += size(open)
    for (const { seq, played } of beats) if (seq > acked) sum += size(played)
  }
  return sum
}

export function deliver(accountId: number): Promise<void> {
  return deliverHeld({ api: studyApi, clock, storage }, accountId)
}
