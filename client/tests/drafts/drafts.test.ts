import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Storage } from '@/platform/storage'
import { draftTimes, dropDraft, keepDraft, readDraft, type Place, type Words } from '@/session/drafts'

/** As the platforms keep it: text by key. */
function inMemory(): Storage {
  const kept = new Map<string, string>()
  return {
    get: (key) => (kept.has(key) ? JSON.parse(kept.get(key) ?? '') : undefined),
    set: (key, value) => void kept.set(key, JSON.stringify(value)),
    remove: (key) => void kept.delete(key),
    keys: () => [...kept.keys()],
  }
}

const nothing = { text: '', title: '', dimension: '', code: '', base: '' }
// Codes of micro-abilities may hold marks that separate keys; names of parts are ours.
const item = fc.oneof(fc.constantFrom('1', '2', '12', 'new', 'A1', 'A1/2', '%2F', '微能力·一'), fc.string({ unit: 'grapheme' }))
const place: fc.Arbitrary<Place> = fc.record({
  account: fc.constantFrom(1, 12, 9007199254740991),
  enrolment: fc.constantFrom(1, 2, 21),
  part: fc.constantFrom('summary', 'summary2', 'stories'),
  item,
})
const words: fc.Arbitrary<Words> = fc.record({
  text: fc.string({ unit: 'grapheme', maxLength: 50 }),
  title: fc.string(),
  dimension: fc.string(),
  code: fc.string(),
})
const written = words.filter(({ text, title, dimension, code }) => Boolean(text || title || dimension || code))

describe('drafts', () => {
  it('come back as they were written, each at its own place', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(place, written), { maxLength: 20 }), (all) => {
        const storage = inMemory()
        const last = new Map<string, readonly [Place, Words, number]>()
        all.forEach(([where, what], at) => {
          keepDraft(storage, where, what, nothing, at)
          last.set(JSON.stringify(where), [where, what, at])
        })
        for (const [where, what, at] of last.values()) expect(readDraft(storage, where)).toEqual({ ...what, base: '', at })
      }),
    )
  })

  it('are told by part with the time of each, and none of anybody else', () => {
    fc.assert(
      fc.property(fc.array(place, { maxLength: 20 }), place, (all, asked) => {
        const storage = inMemory()
        const expected = new Map<string, number>()
        all.forEach((where, at) => {
          keepDraft(storage, where, { ...nothing, text: '写' }, nothing, at)
          const { account, enrolment, part } = where
          if (account === asked.account && enrolment === asked.enrolment && part === asked.part) expected.set(where.item, at)
        })
        expect(draftTimes(storage, asked)).toEqual(expected)
      }),
    )
  })

  it('are kept only while they differ from what was handed in', () => {
    fc.assert(
      fc.property(place, words, words, (where, what, before) => {
        const storage = inMemory()
        const differs = JSON.stringify(what) !== JSON.stringify(before)
        keepDraft(storage, where, halfWritten, nothing, 1)
        expect(keepDraft(storage, where, what, { ...before, base: '2026-11-22T20:13:00+08:00' }, 2)).toBe(differs)
        expect(readDraft(storage, where) !== undefined).toBe(differs)
      }),
    )
  })

  it('are gone once dropped', () => {
    const storage = inMemory()
    const where = { account: 1, enrolment: 1, part: 'summary', item: '1' }
    keepDraft(storage, where, halfWritten, nothing, 1)
    dropDraft(storage, where)
    expect(readDraft(storage, where)).toBeUndefined()
    expect(storage.keys()).toEqual([])
  })

  it('that are damaged, or another version wrote, are taken for none', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const storage = inMemory()
        const where = { account: 1, enrolment: 1, part: 'summary', item: '1' }
        keepDraft(storage, where, halfWritten, nothing, 1)
        storage.set(storage.keys()[0] ?? '', value)
        expect(readDraft(storage, where)).toBeUndefined()
        expect(draftTimes(storage, where).size).toBe(0)
      }),
    )
  })
})

const halfWritten: Words = { text: '写了一半', title: '', dimension: '', code: '' }
