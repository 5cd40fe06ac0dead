/** The number a teacher signs in with, as the server takes it. Pure; never stored. */

/** Full-width characters become ASCII, x becomes X; spaces, hyphens and invisible characters go. */
export function normalised(text: string): string {
  return text
    .normalize('NFKC')
    .replace(/[\s\u200b-\u200f\u2060\ufeff-]+/g, '')
    .toUpperCase()
}

/** What to look at again, in words; '' where nothing is to be said. It stops nobody: passports and permits look otherwise. */
export function doubt(text: string): string {
  const number = normalised(text)
  if (number === '' || /^[A-Z]/.test(number)) return ''
  if (/^\d+X?$/.test(number) && number.length !== 18 && number.length !== 9) {
    return `已输入 ${number.length} 位，身份证号是 18 位`
  }
  if (/^\d{17}[\dX]$/.test(number) && !checks(number)) return '这个号码好像有一位不对，请再核对一遍'
  return ''
}

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

/** ISO 7064 MOD 11-2, as GB 11643 uses it. */
function checks(number: string): boolean {
  const sum = WEIGHTS.reduce((total, weight, at) => total + weight * Number(number[at]), 0)
  return '10X98765432'[sum % 11] === number[17]
}
