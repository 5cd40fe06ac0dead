/** The text that is handed in: by the notice's template, clean, and fit for the server. Pure. */
import type { Task } from '@/words/states'
import { countCharacters, countWords, MOST_CHARACTERS } from '@/words/words_count'

/** What a field is told to show. Another `id`: another text, in a new field. */
export interface Content {
  id: number
  text: string
}

/** The template's headings, each with room below, to be written under. '' without a template. */
export function scaffold(template: string[]): string {
  return template.map((heading, index) => `${index + 1}. ${heading}\n\n`).join('\n')
}

/** With the headings that are not in the text yet below it. */
export function withHeadings(text: string, template: string[]): string {
  const lines = template.map((heading, index) => [`${index + 1}. ${heading}`, heading] as const)
  const lacking = lines.filter(([, heading]) => !text.includes(heading)).map(([line]) => `${line}\n\n`)
  if (!lacking.length) return text
  return [text.replace(/\s+$/, ''), lacking.join('\n')].filter(Boolean).join('\n\n')
}

/** Whether nothing but headings of the template is there. */
export function isUnwritten(text: string, template: string[]): boolean {
  const headings = new Set(template)
  return text.split('\n').every((line) => {
    const said = line.trim()
    return said === '' || headings.has(said) || headings.has(said.replace(/^\d+\. ?/, ''))
  })
}

/** What comes along in text pasted from elsewhere and no server takes: control characters, halves of characters. */
export function clean(text: string): string {
  return text
    .replace(/\r\n?|[\u000b\u000c\u0085\u2028\u2029]/g, '\n')
    .replace(/[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/g, '')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])/g, '')
    .replace(/(^|[^\ud800-\udbff])[\udc00-\udfff]+/g, '$1')
}

/** Why the text cannot be handed in; '' where nothing is wrong. */
export function wrongWith(text: string, { template, min_words }: Pick<Task, 'template' | 'min_words'>): string {
  if (isUnwritten(text, template)) return template.length ? '请在各个标题下面写上内容。' : '请写上内容。'
  const characters = countCharacters(text)
  if (characters > MOST_CHARACTERS) return `有 ${characters} 个字符，最多 ${MOST_CHARACTERS} 个，请删去一些。`
  const words = countWords(text)
  if (words < (min_words ?? 1)) return `现在 ${words} 字，要求不少于 ${min_words ?? 1} 字。`
  return ''
}
