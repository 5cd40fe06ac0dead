import type { Answer } from '@/platform/http'

/** What the server refused, as RFC 9457 tells it, or that it could not be asked. `message` is a Chinese sentence for the teacher. */
export class Problem extends Error {
  override name = 'Problem'

  constructor(
    /** 0: there was no answer. */
    readonly status: number,
    /** Stable snake_case, e.g. account_locked; `unreachable` without an answer. */
    readonly code: string,
    message: string,
    /** Seconds to wait at least; 0 where nothing is said. */
    readonly retryAfter = 0,
    readonly errors: FieldError[] = [],
    /** The other members, e.g. binding_ticket, opens_at. */
    readonly more: Record<string, unknown> = {},
  ) {
    super(message)
  }

  /** May come right by itself: the network, a restart, a crowd. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 502 || this.status === 503 || this.status === 504
  }
}

export interface FieldError {
  field: string
  reason: string
}

export const UNREACHABLE = '网络不通，请检查网络后再试。已学的时间都留着，不会丢。'

export function unreachable(): Problem {
  return new Problem(0, 'unreachable', UNREACHABLE)
}

/** The problem that an answer of 400 or more tells of. Whatever a proxy put in its place becomes a sentence too. */
export function problemOf(answer: Answer): Problem {
  const told = isRecord(answer.body) ? answer.body : {}
  const errors = Array.isArray(told.errors) ? told.errors.filter(isFieldError) : []
  const said = text(told.detail) || text(told.title) || fallback(answer.status)
  const message = errors.length && answer.status === 422 ? errors.map(({ reason }) => reason).join('；') : said
  return new Problem(
    answer.status,
    text(told.code) || `http_${answer.status}`,
    message,
    waitOf(answer.headers['retry-after']),
    errors,
    told,
  )
}

/** Any failure as a Problem; a defect of our own keeps its words for the console and gives the teacher ours. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof Error && error.name === 'Unreachable') return unreachable()
  console.error(error)
  return new Problem(-1, 'client_error', '页面出了点问题，请退出后重新打开。')
}

function fallback(status: number): string {
  return status >= 500 ? '系统正忙，请稍候再试。' : '没有成功，请稍后再试。'
}

function waitOf(value: string | undefined): number {
  const seconds = Number(value)
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 3600) : 0
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFieldError(value: unknown): value is FieldError {
  return isRecord(value) && typeof value.field === 'string' && typeof value.reason === 'string'
}
