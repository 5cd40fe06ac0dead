/** The pair of tokens of this log-in: kept over restarts, renewed once for all callers. */
import { call, type Reply, type Tokens } from '@/api/call'
import { Problem } from '@/api/problem'
import { storage } from '@/platform/storage'

const KEY = 'tokens'

export type TokensReply = Reply<'refresh_tokens'>

interface Kept {
  access: string
  refresh: string
}

let kept: Kept | undefined
let renewing: Promise<string | undefined> | undefined
let onEnd: () => Promise<string | undefined> = () => Promise.resolve(undefined)

export const tokens: Tokens = {
  current: () => read()?.access,
  renew(stale) {
    // Another tab may have renewed meanwhile: its pair is in the storage, and using ours again would end the log-in.
    const now = reread()
    if (now && now.access !== stale && stale !== undefined) return Promise.resolve(now.access)
    renewing ??= renewWith(now?.refresh).finally(() => (renewing = undefined))
    return renewing
  },
}

export function keep(pair: TokensReply): void {
  kept = { access: pair.access_token, refresh: pair.refresh_token }
  storage.set(KEY, kept)
}

export function forget(): void {
  kept = undefined
  storage.remove(KEY)
}

export function refreshToken(): string | undefined {
  return read()?.refresh
}

export function hasTokens(): boolean {
  return read() !== undefined
}

/** Whether a change of this key by another tab concerns the log-in; the pair is read anew. */
export function changedElsewhere(key: string | undefined): boolean {
  if (key !== undefined && key !== KEY) return false
  kept = undefined
  return true
}

/** What to do when the server says that this log-in is over. May come back with a new access token of the same account. */
export function whenOver(act: () => Promise<string | undefined>): void {
  onEnd = act
}

async function renewWith(refresh: string | undefined): Promise<string | undefined> {
  // Nothing to renew: signed out meanwhile, and said so then.
  if (!refresh) return undefined
  try {
    const pair = await call('refresh_tokens', { body: { refresh_token: refresh } }, { again: 2 })
    // Another tab renewed too, or this one signed out while we asked: what stands there now stays.
    if (reread()?.refresh === refresh) keep(pair)
    return pair.access_token
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error
    const now = reread()
    if (now && now.refresh !== refresh) return now.access
    forget()
    return onEnd()
  }
}

function reread(): Kept | undefined {
  kept = undefined
  return read()
}

function read(): Kept | undefined {
  if (kept) return kept
  const found = storage.get(KEY)
  return (kept = isKept(found) ? found : undefined)
}

function isKept(value: unknown): value is Kept {
  return (
    typeof value === 'object' &&
    value !== null &&
    'access' in value &&
    'refresh' in value &&
    typeof value.access === 'string' &&
    typeof value.refresh === 'string'
  )
}
