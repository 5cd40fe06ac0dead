/** Seconds played on this device that the server has not judged yet: from a page that was killed, or a network that was lost. */
import { ref, type Ref } from 'vue'
import { storage } from '@/platform/storage'
// #ifdef MP-WEIXIN
import * as carry from './carry'
// #endif

export interface Held {
  seconds: Ref<number>
  sending: Ref<boolean>
  /** Whether anything reached the server. Never raises. */
  send(accountId: number): Promise<boolean>
}

// WeChat's packages have no import(): there it lies in the package anyhow.
let fetchCarry = () => Promise.reject<typeof import('./carry')>(new Error('neither web nor mini-program'))
// #ifdef H5
fetchCarry = () => import('./carry')
// #endif
// #ifdef MP-WEIXIN
fetchCarry = () => Promise.resolve(carry)
// #endif

export function useHeld(): Held {
  const seconds = ref(0)
  const sending = ref(false)

  async function send(accountId: number) {
    const prefix = `study:${accountId}:`
    if (sending.value || !storage.keys().some((key) => key.startsWith(prefix))) {
      if (!sending.value) seconds.value = 0
      return false
    }
    sending.value = true
    try {
      const { deliver, heldSeconds } = await fetchCarry()
      const before = (seconds.value = heldSeconds(accountId, Date.now()))
      // What was left a moment ago is not told yet, but is due: it goes when it is sure that no other page plays it.
      await deliver(accountId)
      seconds.value = heldSeconds(accountId, Date.now())
      return seconds.value < before
    } catch (error) {
      console.error(error)
      return false
    } finally {
      sending.value = false
    }
  }

  return { seconds, sending, send }
}
