/** What a teacher writes and has not handed in yet. On this device alone: never sent anywhere, and gone once it is handed in. */
import type { Storage } from '@/platform/storage'

/** Whose, and of what; `item` is NEW where its code is still to be given. */
export interface Place {
  account: number
  enrolment: number
  part: string
  item: string
}

export const NEW = 'new'

export interface Words {
  text: string
  title: string
  dimension: string
  /** The code of a micro-ability, as typed so far. */
  code: string
}

export interface Draft extends Words {
  /** `handed_in_at` of what it is to replace; '' where there was nothing. Another time now: it was handed in elsewhere since. */
  base: string
  /** When it was kept, ms since 1970. */
  at: number
}

const ROOT = 'draft'

export function readDraft(storage: Storage, place: Place): Draft | undefined {
  const found = storage.get(keyOf(place))
  return isDraft(found) ? found : undefined
}

/** Kept, or dropped where it says no more than what was handed in. True: it is kept. */
export function keepDraft(storage: Storage, place: Place, words: Words, since: Words & { base: string }, at: number): boolean {
  if (same(words, since)) {
    dropDraft(storage, place)
    return false
  }
  const { text, title, dimension, code } = words
  const draft: Draft = { text, title, dimension, code, base: since.base, at }
  storage.set(keyOf(place), draft)
  return true
}

export function dropDraft(storage: Storage, place: Place): void {
  storage.remove(keyOf(place))
}

/** When each draft of a part was kept, by its item. */
export function draftTimes(storage: Storage, { account, enrolment, part }: Omit<Place, 'item'>): Map<string, number> {
  const start = keyOf({ account, enrolment, part, item: '' })
  const found = new Map<string, number>()
  for (const key of storage.keys()) {
    const draft = key.startsWith(start) ? storage.get(key) : undefined
    if (isDraft(draft)) found.set(decodeURIComponent(key.slice(start.length)), draft.at)
  }
  return found
}

function same(one: Words, other: Words): boolean {
  return (
    one.text === other.text && one.title === other.title && one.dimension === other.dimension && one.code === other.code
  )
}

function keyOf({ account, enrolment, part, item }: Place): string {
  return [ROOT, account, enrolment, encodeURIComponent(part), encodeURIComponent(item)].join('/')
}

function isDraft(value: unknown): value is Draft {
  if (typeof value !== 'object' || value === null) return false
  const fields: Partial<Record<keyof Draft, unknown>> = value
  const texts = [fields.text, fields.title, fields.dimension, fields.code, fields.base]
  return texts.every((text) => typeof text === 'string') && typeof fields.at === 'number'
}
