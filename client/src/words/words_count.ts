/**
 * How many words (字数) a text has, by the server's rule (programmes/words.py): like 字数 of the Chinese edition of Word. What is typed
 * here must not be refused there for its length.
 *
 *     one each    Chinese characters, kana, full-width letters, digits and marks; and “ ” ‘ ’ — … ·
 *     one a run   of anything else between blanks and the above, if a letter or digit is in it: one's, 3.14, a@b.cn
 *     nothing     blanks and line breaks; runs of nothing but marks; emoji; what nobody sees
 */

/** The server takes so many characters of one text. */
export const MOST_CHARACTERS = 20_000

/** What fills a cell of Chinese type: width W or F of Unicode, without Korean and emoji; and Chinese marks without a width of their own. */
const WIDE =
  '\\u00b7\\u2014\\u2018\\u2019\\u201c\\u201d\\u2026\\u2329\\u232a\\u25fd\\u25fe\\u2e80-\\u2ef3\\u2f00-\\u2fd5\\u2ff0-\\u2ffb' +
  '\\u3001-\\u3029\\u3030-\\u303f\\u3041-\\u3096\\u309d-\\u30ff\\u3105-\\u312f\\u3190-\\u31e3\\u31f0-\\u321e\\u3220-\\u3247' +
  '\\u3250-\\u4dbf\\u4e00-\\ua48c\\uf900-\\ufad9\\ufe10-\\ufe19\\ufe30-\\ufe6b\\uff01-\\uff3d\\uff3f\\uff41-\\uff9f' +
  '\\uffe0-\\uffe2\\uffe5\\uffe6\\u{16fe0}-\\u{18d08}\\u{1aff0}-\\u{1b2fb}\\u{20000}-\\u{3fffd}'

const INSIDE_A_WORD = /([A-Za-z])[’·](?=[A-Za-z])/g
const UNSEEN = new RegExp('[\\p{M}\\p{Cf}]+', 'gu')
const EACH = new RegExp(`[${WIDE}]`, 'gu')
const PARTING = new RegExp(`[${WIDE}\\p{Z}\\p{Cc}]+`, 'u')
const LETTER = new RegExp('[\\p{L}\\p{N}]', 'u')

/** In time proportional to the length. */
export function countWords(text: string): number {
  const seen = text.normalize('NFC').replace(INSIDE_A_WORD, "$1'").replace(UNSEEN, '')
  const runs = seen.split(PARTING).filter((run) => LETTER.test(run))
  return (seen.match(EACH)?.length ?? 0) + runs.length
}

/** Characters as the server counts them: one beyond the basic plane is one. */
export function countCharacters(text: string): number {
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0)
}
