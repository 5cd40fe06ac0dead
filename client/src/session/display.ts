/** How the teacher likes to read: large text. Light or dark follows the system. */
import { reactive } from 'vue'
import { systemTextIsLarge } from '@/platform/device'
import { storage } from '@/platform/storage'

const KEY = 'large-text'

const kept = storage.get(KEY)
export const display = reactive({ large: typeof kept === 'boolean' ? kept : systemTextIsLarge() })

export function setLarge(large: boolean): void {
  display.large = large
  storage.set(KEY, large)
}
