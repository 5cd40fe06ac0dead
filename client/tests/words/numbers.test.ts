import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { percent, tenths, tenthsUp } from '@/words/numbers'

const hundredths = fc.integer({ min: 0, max: 1_000_000 }).map((n) => n / 100)

describe('tenths', () => {
  it('has at most one decimal, never .0, and reads back as no more than was reached', () => {
    fc.assert(
      fc.property(hundredths, (value) => {
        const shown = tenths(value)
        expect(shown).toMatch(/^\d+(\.[1-9])?$/)
        expect(Number(shown)).toBeLessThanOrEqual(value + 1e-9)
        expect(value - Number(shown)).toBeLessThan(0.1)
      }),
    )
  })

  it('shows tenths that arrive as floats as they were meant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (n) => {
        expect(tenths(n / 10)).toBe(String(n / 10))
      }),
    )
    expect(tenths(0.1 + 0.2)).toBe('0.3')
  })

  it('does not call 59.96 hours 60', () => expect([tenths(59.96), tenths(60)]).toEqual(['59.9', '60']))
})

describe('tenthsUp', () => {
  it('is 0 only where nothing is missing', () => {
    fc.assert(
      fc.property(hundredths, (value) => {
        expect(tenthsUp(value) === '0').toBe(value === 0)
        expect(Number(tenthsUp(value))).toBeGreaterThanOrEqual(value - 1e-9)
      }),
    )
  })
})

describe('percent', () => {
  it('is whole, between 0 and 100, full only where all is there, and empty only where nothing is', () => {
    fc.assert(
      fc.property(hundredths, hundredths, (part, whole) => {
        const shown = percent(part, whole)
        expect(Number.isInteger(shown) && shown >= 0 && shown <= 100).toBe(true)
        expect(shown === 100).toBe(part >= whole)
        if (whole > 0) expect(shown === 0).toBe(part === 0)
      }),
    )
  })
})
