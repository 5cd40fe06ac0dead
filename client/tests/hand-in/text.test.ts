import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clean, isUnwritten, scaffold, withHeadings, wrongWith } from '@/pages/hand-in/text'
import { countWords } from '@/words/words_count'

const TEMPLATE = ['优势分析', '劣势分析', '从专业理念：课程学习收获阐述']
const line = fc.string({ unit: fc.constantFrom(...'学时收获，a1 \n\t“”') })
const anything = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 5 }),
    fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('\r\n', '\u000b', '\ud83d', '\udc4d', '学'),
  ),
).map((parts) => parts.join(''))
/** What the server takes: line breaks and tabs, and no other control character (miniprogram_api/submissions.py). */
const TAKEN = /^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$/

describe('clean', () => {
  it('leaves what the server takes, whole characters only, and changes nothing twice', () => {
    fc.assert(
      fc.property(anything, (text) => {
        const cleaned = clean(text)
        expect(cleaned).toMatch(TAKEN)
        expect(() => encodeURIComponent(cleaned)).not.toThrow()
        expect(clean(cleaned)).toBe(cleaned)
      }),
    )
  })

  it('does not touch a text without such characters, so that it comes back as it was written', () => {
    fc.assert(
      fc.property(line, (text) => {
        expect(clean(text)).toBe(text)
      }),
    )
  })

  it('loses no words of what is pasted from Word', () => {
    expect(clean('第一段\r\n第二段\u000b第三段\u0007')).toBe('第一段\n第二段\n第三段')
  })
})

describe('the template', () => {
  it('counts as nothing written, and as written with the first word under a heading', () => {
    expect(isUnwritten(scaffold(TEMPLATE), TEMPLATE)).toBe(true)
    expect(isUnwritten(scaffold(TEMPLATE).replace('\n', '\n我'), TEMPLATE)).toBe(false)
  })

  it('is completed below what is written, once, and takes nothing away', () => {
    fc.assert(
      fc.property(line, fc.subarray(TEMPLATE), (text, there) => {
        const written = text + '\n' + there.join('\n')
        const full = withHeadings(written, TEMPLATE)
        expect(full.startsWith(written.replace(/\s+$/, ''))).toBe(true)
        for (const heading of TEMPLATE) expect(full.split(heading)).toHaveLength(2)
        expect(withHeadings(full, TEMPLATE)).toBe(full)
      }),
    )
  })
})

describe('wrongWith', () => {
  it('refuses exactly what is shorter than asked, by the words that the server counts', () => {
    fc.assert(
      fc.property(line, fc.integer({ min: 1, max: 20 }), (text, min_words) => {
        const enough = countWords(text) >= min_words
        expect(wrongWith(text, { template: [], min_words }) === '').toBe(enough)
      }),
    )
  })

  it('refuses what is longer than the server takes', () => {
    expect(wrongWith('学'.repeat(20_000), { template: [], min_words: null })).toBe('')
    expect(wrongWith('学'.repeat(20_001), { template: [], min_words: null })).toContain('20001')
    expect(wrongWith('𠮷'.repeat(20_000), { template: [], min_words: null })).toBe('')
  })

  it('asks for words under the headings', () => {
    expect(wrongWith(scaffold(TEMPLATE), { template: TEMPLATE, min_words: null })).toContain('标题')
  })
})
