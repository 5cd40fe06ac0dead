/** One HTTP exchange through `uni.request`. Knows nothing of tokens, retries or meanings: see api/. */

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface Ask {
  method: Method
  /** From the root, e.g. /v1/me. */
  path: string
  body?: unknown
  token?: string
  /** ms; 30 s by default: a server that starts again under a crowd answers late. */
  patience?: number
}

export interface Answer {
  status: number
  /** Names in small letters. */
  headers: Record<string, string>
  /** Parsed JSON, or the text that was no JSON, or null where there was none. */
  body: unknown
}

/** Nothing came back: no network, no server, or no patience left. Whether the server did what was asked is not known. */
export class Unreachable extends Error {
  override name = 'Unreachable'
}

/** '' on the web: the page asks where it came from. */
export const API_URL = process.env.UNI_PLATFORM === 'h5' ? '' : (import.meta.env.VITE_API_URL ?? 'http://127.0.0.1:8000')

export function exchange(ask: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const header: Record<string, string> = { Accept: 'application/json' }
    if (ask.body !== undefined) header['Content-Type'] = 'application/json'
    if (ask.token) header['Authorization'] = `Bearer ${ask.token}`
    uni.request({
      url: API_URL + ask.path,
      method: ask.method,
      header,
      // Written out here: uni would turn the fields of an object into a query where it thinks fit.
      data: ask.body === undefined ? undefined : JSON.stringify(ask.body),
      dataType: 'text',
      timeout: ask.patience ?? 30_000,
      success: ({ statusCode, header: named, data }) =>
        resolve({ status: statusCode, headers: lowered(named), body: parsed(data) }),
      fail: ({ errMsg }) => reject(new Unreachable(errMsg)),
    })
  })
}

function lowered(named: Record<string, string> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(named ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]))
}

function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return data ?? null
  if (data === '') return null
  try {
    return JSON.parse(data)
  } catch {
    return data
  }
}
