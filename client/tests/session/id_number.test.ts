import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { doubt, normalised } from '@/session/id_number'

const digits = fc.array(fc.constantFrom(...'0123456789'), { minLength: 17, maxLength: 17 }).map((all) => all.join(''))

/** The check character by the definition of ISO 7064 MOD 11-2: the whole comes to 1 modulo 11. */
function whole(seventeen: string): string {
  const found = [...'0123456789X'].find((last) => {
    const values = [...seventeen, last].map((one) => (one === 'X' ? 10 : Number(one)))
    return values.reduce((sum, value) => (sum * 2 + value) % 11, 0) === 1
  })
  return seventeen + found
}

describe('An ID number', () => {
  it('is the same however it was typed: blanks, hyphens, full width, small x', () => {
    fc.assert(
      fc.property(digits, fc.constantFrom('', ' ', '-', '\u3000', '\u200b'), fc.boolean(), (seventeen, between, wide) => {
        const number = whole(seventeen)
        const typed = [...number.toLowerCase()]
          .map((one) => (wide ? String.fromCharCode(one.charCodeAt(0) + 0xfee0) : one))
          .join(between)
        expect(normalised(` ${typed} `)).toBe(number)
      }),
    )
  })

  it('that is right raises no doubt, and each single wrong digit does', () => {
    fc.assert(
      fc.property(digits, fc.nat(16), fc.integer({ min: 1, max: 9 }), (seventeen, at, more) => {
        const number = whole(seventeen)
        const other = String((Number(number[at]) + more) % 10)
        expect(doubt(number)).toBe('')
        expect(doubt(number.slice(0, at) + other + number.slice(at + 1))).not.toBe('')
      }),
    )
  })

  it('says how many digits are there while some are missing', () => {
    expect(doubt('99999919710202001')).toContain('17 位')
  })

  it('of a passport or an older permit raises no doubt', () => {
    expect(['E12345678', '123456789', 'ABC123456789012'].map(doubt)).toEqual(['', '', ''])
  })
})
