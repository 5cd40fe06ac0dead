/** What outlives the page: localStorage on the web, WeChat's storage in the mini-program. Values are JSON. */

export interface Storage {
  get(key: string): unknown
  set(key: string, value: unknown): void
  remove(key: string): void
  keys(): string[]
}

/** A full or forbidden storage (private windows) must not stop anybody from studying: what cannot be kept is kept in memory. */
const memory = new Map<string, string>()

export const storage: Storage = {
  get(key) {
    const text: unknown = memory.get(key) ?? uni.getStorageSync(key)
    if (typeof text !== 'string' || text === '') return undefined
    try {
      return JSON.parse(text)
    } catch {
      return undefined
    }
  },
  set(key, value) {
    const text = JSON.stringify(value)
    try {
      uni.setStorageSync(key, text)
      memory.delete(key)
    } catch {
      memory.set(key, text)
    }
  },
  remove(key) {
    memory.delete(key)
    uni.removeStorageSync(key)
  },
  keys() {
    return [...new Set([...memory.keys(), ...uni.getStorageInfoSync().keys])]
  },
}
