/** Where the teacher is signed in: one log-in a device or browser. */
import type { One, Reply } from '@/api/call'

export type Device = One<Reply<'list_devices'>>

const ROUTES: Record<string, string> = { web: '密码登录', wechat: '微信登录', portal: '从省级平台进入' }

export function routeOf(device: Device): string {
  return ROUTES[device.route] ?? ''
}
