/** The same properties and cases as the server's (tests/programmes/test_words.py). */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { countCharacters, countWords } from '@/words/words_count'

const letters = [..."学时，。“”’·—… \u3000\taZ9-'ｱＡ👍\u200d\u0301"]
const texts = fc.array(fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), fc.constantFrom(...letters))).map((parts) => parts.join(''))
const blanks = fc.string({ unit: fc.constantFrom(...' \t\n\r\u3000\u00a0\u2003\u2028'), minLength: 1, maxLength: 3 })
const han = fc.string({ unit: fc.integer({ min: 0x4e00, max: 0x9fa5 }).map((code) => String.fromCharCode(code)) })
const unseen = fc.constantFrom('\u0301', '\u20dd', '\ufe0f', '\u200b', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u202e')

describe('countWords', () => {
  it('counts texts with a blank between them as both', () => {
    fc.assert(
      fc.property(texts, texts, blanks, (one, other, blank) => {
        expect(countWords(one + blank + other)).toBe(countWords(one) + countWords(other))
      }),
    )
  })

  it('loses no more than the word that meets at the seam of joined texts', () => {
    fc.assert(
      fc.property(texts, texts, (one, other) => {
        const apart = countWords(one) + countWords(other)
        expect(countWords(one + other)).toBeLessThanOrEqual(apart)
        expect(countWords(one + other)).toBeGreaterThanOrEqual(apart - 2)
      }),
    )
  })

  it('adds up Chinese texts exactly', () => {
    fc.assert(
      fc.property(han, han, (one, other) => {
        expect(countWords(one + other)).toBe(one.length + other.length)
      }),
    )
  })

  it('counts nothing for blanks, wherever and however many', () => {
    fc.assert(
      fc.property(texts, blanks, blanks, (text, first, second) => {
        expect(countWords(first + text + second)).toBe(countWords(text))
        expect(countWords(text.replace(/ /g, first))).toBe(countWords(text.replace(/ /g, second)))
      }),
    )
  })

  it('counts nothing for what nobody sees, which parts nothing either', () => {
    fc.assert(
      fc.property(texts, unseen, (text, mark) => {
        expect(countWords([...'学A1b'].map((letter) => mark + letter).join('') + mark)).toBe(2)
        expect(countWords(text + mark)).toBe(countWords(text))
      }),
    )
  })

  it('takes composed and decomposed for the same text', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(countWords(text.normalize('NFC'))).toBe(countWords(text.normalize('NFD')))
      }),
    )
  })

  it('never counts more words than characters', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(countWords(text)).toBeLessThanOrEqual(countCharacters(text))
      }),
    )
  })

  it.each([
    ['', 0],
    ['我的培训总结', 6],
    ['今天，我学习了 15 学时。', 11],
    ['“师德”——为人师表……', 12],
    ['《论语》：有教无类！', 10],
    ['阿不都·热合曼', 7],
    ['信息技术2.0', 5],
    ['Word 2016 很好用', 5],
    ['hello,world', 1],
    ["It’s my teacher's e-mail: a.b@c.cn", 5],
    ['*** --- ... === | ●', 0],
    ['ＡＢＣ１２３，', 7],
    ['ｶﾀｶﾅ カタカナ', 8],
    ['선생님 안녕하세요', 2],
    ['𠮷野家', 3],
    ['㎡ 〒 ㈱', 3],
    ['好👍棒👨‍👩‍👧‍👦❤️🇨🇳⌚', 2],
    ['一\u3000二\n三\r\n四\t五', 5],
    ['<p>你好</p>', 4],
    ['ü u\u0308', 2],
    ['\u200b\u200b\u200b', 0],
  ])('counts %j as %i', (text, words) => expect(countWords(text)).toBe(words))

  it('counts a whole book at once', () => expect(countWords('学时 a1，'.repeat(100_000))).toBe(400_000))
})

describe('countCharacters', () => {
  it('is what the server counts: one for each code point', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(countCharacters(text)).toBe([...text].length)
      }),
    )
  })
})
