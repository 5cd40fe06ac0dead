/** The score card read for the teacher: how it stands, what is still within reach, where each missing thing is done. Pure. */
import type { One, Reply } from '@/api/call'
import type { Page } from '@/platform/navigation'
import type { Said } from '@/words/states'
import { tenths, tenthsUp } from '@/words/numbers'

export type Card = Reply<'show_score_card'>
export type ModuleCard = One<Card['modules']>
export type PartCard = One<Card['parts']>
export type PaperCard = One<Card['papers']>

export interface Lack {
  text: string
  /** Where it is done; undefined where nobody can do anything here. */
  page: Extract<Page, 'courses' | 'parts'> | undefined
}

/** Parts that the teacher hands in: the page of tasks has them. */
const HANDED_IN = new Set(['submitted', 'graded', 'certified'])

export function standing(card: Card): Said {
  if (card.exempt) return { text: '免修', tone: 'good' }
  if (card.passed) return { text: '已合格', tone: 'good' }
  return card.can_pass ? { text: '还可以合格', tone: 'brand' } : { text: '已不能合格', tone: 'bad' }
}

/** What still passes, in one line. */
export function reachable(card: Card): string {
  const { best, score, pass_mark, passed, can_pass, exempt, summary } = card
  if (exempt) return summary
  if (passed) return best > score ? `已经合格，最多还能到 ${tenths(best)} 分。` : '已经合格，也得到了能得的全部分数。'
  if (!can_pass) return `${summary}。`
  if (score >= pass_mark) return `分数已够 ${tenths(pass_mark)} 分，还有别的条件没有满足。`
  const most = `最多还能到 ${tenths(best)} 分`
  const spare = best - pass_mark
  if (spare < 0.005) return `${most}，刚好合格：剩下的分一分也不能丢。`
  return `${most}；再得 ${tenthsUp(pass_mark - score)} 分就够 ${tenths(pass_mark)} 分。`
}

export function lacks(card: Card): Lack[] {
  return card.missing.map((text) => ({ text, page: placeOf(text, card) }))
}

function placeOf(text: string, { parts, modules, study_open }: Card): Lack['page'] {
  const part = parts.find(({ missing }) => missing === text)
  if (part) return HANDED_IN.has(part.kind) ? 'parts' : undefined
  if (modules.some(({ title }) => text.startsWith(title))) return study_open ? 'courses' : undefined
  // A condition beside the points asks for dimensions of micro-abilities.
  return text.endsWith('）') && parts.some(({ kind }) => kind === 'certified') ? 'parts' : undefined
}

/** Where the part is worked on. */
export function pageOf({ kind }: PartCard): Lack['page'] {
  if (kind === 'courses') return 'courses'
  return HANDED_IN.has(kind) ? 'parts' : undefined
}
