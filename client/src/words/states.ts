/** In words: what stands with what is handed in, and how a study session ended. Pure. */
import type { One, Reply } from '@/api/call'
import type { Problem } from '@/api/problem'
import { tenths } from '@/words/numbers'
import { dayAndTime, deadline, moment } from '@/words/time'

/** A task: a part that the teacher hands in. */
export type Task = One<Reply<'list_parts'>>
/** One thing handed in for it. */
export type Item = One<Task['items']>

export interface Said {
  text: string
  /** Of the badge; '' for a plain one. */
  tone: '' | 'good' | 'warn' | 'bad' | 'brand'
}

export function taskState(task: Task, now: number): Said {
  const certified = task.kind === 'certified'
  switch (task.state) {
    case 'open':
      return { text: task.items.length ? `还要交 ${stillNeeded(task)} 份` : '待提交', tone: 'brand' }
    case 'waiting':
      return { text: certified ? '等待认证' : '等待批阅', tone: 'warn' }
    case 'graded':
      return { text: certified ? '已认证' : '已批阅', tone: 'good' }
    case 'returned':
      return { text: '退回修改', tone: 'bad' }
    case 'done':
      return { text: '已提交', tone: 'good' }
    case 'closed':
      return now < moment(task.opens_at) ? { text: '未开始', tone: '' } : { text: '不能再提交', tone: '' }
  }
}

export function itemState(item: Item, task: Task): Said {
  switch (item.state) {
    case 'waiting':
      return { text: task.kind === 'certified' ? '等待认证' : '等待批阅', tone: 'warn' }
    case 'returned':
      return { text: '退回修改', tone: 'bad' }
    case 'done':
      return { text: '已提交', tone: 'good' }
    case 'graded':
      return verdict(item, task)
  }
}

function verdict({ grade, passed }: Item, task: Task): Said {
  if (grade) return { text: grade, tone: 'good' }
  if (passed === false) return { text: task.kind === 'certified' ? '未通过认证' : '不合格', tone: 'bad' }
  return { text: task.kind === 'certified' ? '通过认证' : '合格', tone: 'good' }
}

/** Items that all the points take, less those that may still earn some. */
export function stillNeeded(task: Task): number {
  const worth = task.items.filter(({ state, passed }) => state !== 'returned' && passed !== false).length
  return Math.max(0, task.needed - worth)
}

/** What is asked, a line each. */
export function asked(task: Task): string[] {
  const lines: string[] = []
  const { kind, needed, most, min_words, about_words, points_each, points_max, grades, original } = task
  if (kind === 'certified') lines.push(`要有 ${needed} 个微能力点通过认证`)
  else if (needed > 1) lines.push(`要交 ${needed} 份`)
  if (points_each !== null) lines.push(`每${kind === 'certified' ? '个' : '份'} ${tenths(points_each)} 分，满分 ${tenths(points_max)} 分`)
  else lines.push(`满分 ${tenths(points_max)} 分`)
  if (most > needed && kind !== 'certified') lines.push(`最多交 ${most} 份`)
  if (min_words) lines.push(`每份不少于 ${min_words} 字`)
  if (about_words) lines.push(`${about_words} 字左右`)
  const earns = Object.entries(grades).map(([grade, points]) => `${grade} ${tenths(points)} 分`)
  if (earns.length) lines.push(earns.join('，'))
  if (original) lines.push('须原创：与他人雷同的，批阅人看得到')
  return lines
}

/** When it may be handed in: 11月1日 08:00 开始; 还有 23 天; 已截止. */
export function taskTime(task: Task, now: number): string {
  const opens = moment(task.opens_at)
  if (now < opens) return `${dayAndTime(opens, now)} 开始`
  return deadline(moment(task.closes_at), now)
}

/** Nobody has judged it, or it was sent back, and there is still time; the server decides. */
export function mayEdit(item: Item, task: Task, now: number): boolean {
  return item.state !== 'graded' && now < moment(task.closes_at)
}

/** What was sent back once may be revised, and no more taken back. */
export function mayTakeBack(item: Item, task: Task, now: number): boolean {
  return (item.state === 'waiting' || item.state === 'done') && mayEdit(item, task, now) && now >= moment(task.opens_at)
}

/** The number of the next item; NEW where the teacher names it; undefined where there is no room. */
export function nextItem(task: Task, named: string): string | undefined {
  if (task.items.length >= task.most) return undefined
  if (task.kind === 'certified') return named
  const taken = new Set(task.items.map(({ item }) => item))
  for (let number = 1; number <= task.most; number++) if (!taken.has(String(number))) return String(number)
  return undefined
}

/** How an item is called: 第 2 份; of a micro-ability its code; nothing where there is but one. */
export function itemName(item: string, task: Task): string {
  if (task.kind === 'certified') return item
  return task.most > 1 ? `第 ${item} 份` : ''
}

/** The server's spelling of a micro-ability's code (services/handing_in/achievements.py); undefined: it takes none such. */
export function itemCode(typed: string): string | undefined {
  const code = typed.normalize('NFKC').replace(/\s+/g, '').toUpperCase()
  return /^[0-9A-Z\u4e00-\u9fff][0-9A-Z\u4e00-\u9fff_.·-]{0,63}$/.test(code) ? code : undefined
}

const ENDS: Record<string, Said> = {
  ended: { text: '正常结束', tone: '' },
  lapsed: { text: '长时间没有动静', tone: 'warn' },
  displaced: { text: '在另一台设备上继续学习', tone: 'warn' },
}

/** How a session ended; one that has not is on still. */
export function ending(reason: string | null): Said {
  if (!reason) return { text: '还没有结束', tone: 'brand' }
  return ENDS[reason] ?? { text: '已结束', tone: '' }
}

/** Why handing in was refused, and that what was written is not lost. */
export function refusal(problem: Problem): string {
  if (problem.status === 0) return '网络不通，还没有提交。写好的文字存在这台设备上，联网后再点一次提交。'
  if (problem.status === 413) return '文字太长，系统收不下。请删短一些，或者分成几份提交。'
  const said = problem.message.replace(/[。！]?$/, '。')
  return `${said}写好的文字仍存在这台设备上。`
}
