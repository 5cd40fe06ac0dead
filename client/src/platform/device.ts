/** What this device is called, and what it is set to. */
import { storage } from './storage'

const KEY = 'device'

/**
 * What the other players of the teacher are told: "微信 iPhone · 4f", at most 64 characters. The mark at its end is kept, and
 * tells two devices of one kind apart: a device of the same name takes over without a question.
 */
export function deviceName(): string {
  const mark = kept() ?? keep(Math.floor(Math.random() * 0xfff).toString(16).padStart(3, '0'))
  return `${kindOfDevice()} · ${mark}`
}

/** WeChat's own setting of the size of text; in a browser the browser does it. */
export function systemTextIsLarge(): boolean {
  if (process.env.UNI_PLATFORM === 'h5') return false
  const size = Number(uni.getSystemInfoSync().fontSizeSetting ?? 16)
  return size > 18
}

/** uni's own way to know a browser leaves a mark in its storage that we have no use for. */
function kindOfBrowser(): string {
  const { userAgent } = navigator
  if (/iPhone|iPod/.test(userAgent)) return 'iPhone'
  if (/iPad/.test(userAgent)) return 'iPad'
  if (/HarmonyOS/.test(userAgent)) return '鸿蒙手机'
  return /Android/.test(userAgent) ? '安卓手机' : '电脑'
}

function kindOfDevice(): string {
  if (process.env.UNI_PLATFORM === 'h5') return `网页 ${kindOfBrowser()}`
  const { platform = '', deviceModel = '' } = uni.getSystemInfoSync()
  const systems: Record<string, string> = { ios: 'iPhone', android: '安卓手机', windows: '电脑', mac: '电脑', ohos: '鸿蒙手机' }
  return ['微信', systems[platform] ?? '电脑', deviceModel === 'PC' ? '' : deviceModel].filter(Boolean).join(' ').slice(0, 50)
}

function kept(): string | undefined {
  const found = storage.get(KEY)
  return typeof found === 'string' ? found : undefined
}

function keep(mark: string): string {
  storage.set(KEY, mark)
  return mark
}
