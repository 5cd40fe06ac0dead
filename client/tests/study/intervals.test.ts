import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { appended, contains, normalised, size, subtract, union } from '@/study/intervals'
import type { Interval } from '@/study/types'

const pair = fc.tuple(fc.nat(60), fc.nat(60))
const pairs = fc.array(pair, { maxLength: 12 })
const seconds = (list: readonly (readonly number[])[]) =>
  new Set(list.flatMap(([start = 0, stop = 0]) => Array.from({ length: Math.max(0, stop - start) }, (_, at) => start + at)))

describe('intervals', () => {
  it('are, normalised, the same seconds, sorted and apart', () => {
    fc.assert(
      fc.property(pairs, (list) => {
        const set = normalised(list)
        expect(seconds(set)).toEqual(new Set([...seconds(list)]))
        set.forEach(([start, stop], at) => {
          expect(start).toBeLessThan(stop)
          if (at) expect(set[at - 1]![1]).toBeLessThan(start)
        })
        expect(size(set)).toBe(seconds(list).size)
      }),
    )
  })

  it('are joined and taken away as sets are', () => {
    fc.assert(
      fc.property(pairs, pairs, fc.nat(60), (left, right, second) => {
        const a = normalised(left)
        const b = normalised(right)
        expect(seconds(union(a, b))).toEqual(new Set([...seconds(a), ...seconds(b)]))
        expect(seconds(subtract(a, b))).toEqual(new Set([...seconds(a)].filter((one) => !seconds(b).has(one))))
        expect(contains(a, second)).toBe(seconds(a).has(second))
      }),
    )
  })

  it('keep order and repeats of what was played when credited seconds are taken away', () => {
    expect(subtract([[8, 12], [0, 3], [9, 11]], [[10, 20]])).toEqual([[8, 10], [0, 3], [9, 10]])
  })

  it('grow at the end where it goes on, and only there', () => {
    const list: Interval[] = [[0, 2], [5, 6]]
    expect(appended(list, [6, 7])).toEqual([[0, 2], [5, 7]])
    expect(appended(list, [5, 6])).toEqual([[0, 2], [5, 6], [5, 6]])
  })

  it('leave out what is no interval', () => {
    expect(normalised([[3, 1], [2], [0.5, 2], [NaN, 3], [4, 5]])).toEqual([[4, 5]])
  })
})
