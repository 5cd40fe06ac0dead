/** Typed calls by operation id. Types and table are generated from /openapi.json (npm run api). */
import { exchange, Unreachable, type Answer } from '@/platform/http'
import { OPERATIONS } from './operations'
import { Problem, problemOf, unreachable } from './problem'
import type { operations } from './schema'
import { pause, jitter } from './wait'

export type Operation = keyof typeof OPERATIONS & keyof operations

type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : undefined
type Field<T, Name extends string> = T extends { [key in Name]?: infer Value } ? Value : never
type Given<T, Name extends string> = [T] extends [never] ? object : [T] extends [undefined] ? object : { [key in Name]: T }
type Optional<T, Name extends string> = [T] extends [never] ? object : [T] extends [undefined] ? object : { [key in Name]?: T }

export type Reply<Op extends Operation> = operations[Op]['responses'] extends infer R
  ? R extends { 200: infer Ok }
    ? Json<Ok>
    : R extends { 201: infer Made }
      ? Json<Made>
      : undefined
  : never
/**
 * What a list is of. Not `List[number]`: where that is the type of a component's property, Vue's compiler (3.4) goes round for ever in
 * search of it.
 */
export type One<List> = List extends readonly (infer Item)[] ? Item : never
export type Input<Op extends Operation> = Given<Field<operations[Op]['parameters'], 'path'>, 'path'> &
  Optional<NonNullable<Field<operations[Op]['parameters'], 'query'>>, 'query'> &
  Given<Json<NonNullable<Field<operations[Op], 'requestBody'>>>, 'body'>

/** Where access tokens come from; `renew` is called at most once at a time (session/tokens.ts). */
export interface Tokens {
  current(): string | undefined
  /** A new access token in place of `stale`; undefined where the log-in is over. */
  renew(stale: string | undefined): Promise<string | undefined>
}

interface Loose {
  path?: Record<string, unknown>
  query?: Record<string, unknown>
  body?: unknown
}

export interface How {
  /** In place of the access token: a study token. */
  token?: string
  /** How often a passing failure is tried again; GET, PUT and DELETE are repeatable: 2 by default, POST 0. */
  again?: number
  patience?: number
}

/** What the server says of an access token that is over. */
const EXPIRED = new Set(['bad_token', 'unauthenticated'])

let tokens: Tokens | undefined

export function useTokens(source: Tokens): void {
  tokens = source
}

/** The reply's body. Raises Problem. */
export async function call<Op extends Operation>(operation: Op, input: Input<Op>, how: How = {}): Promise<Reply<Op>> {
  const [method, , needsToken] = OPERATIONS[operation]
  let again = how.again ?? (method === 'POST' ? 0 : 2)
  let token = how.token ?? (needsToken ? tokens?.current() : undefined)
  let renewed = how.token !== undefined
  for (let tried = 0; ; tried++) {
    if (needsToken && !token && !renewed) {
      renewed = true
      token = await tokens?.renew(undefined)
    }
    const outcome = await once(operation, input as Loose, token, how.patience)
    if (!(outcome instanceof Problem)) return outcome.body as Reply<Op>
    if (outcome.status === 401 && EXPIRED.has(outcome.code) && needsToken && !renewed) {
      renewed = true
      token = await tokens?.renew(token)
      if (token) continue
    }
    if (!outcome.passing || again-- <= 0 || outcome.retryAfter > 20) throw outcome
    await pause(Math.max(outcome.retryAfter * 1000, jitter(800 * 2 ** tried)))
  }
}

/** The address of an operation, for what is no JSON: pictures, PDF. */
export function addressOf(operation: Operation, { path = {}, query = {} }: Loose = {}): string {
  const [, template] = OPERATIONS[operation]
  const place = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])))
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== null)
  const pairs = asked.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return pairs.length ? `${place}?${pairs.join('&')}` : place
}

async function once(operation: Operation, input: Loose, token?: string, patience?: number): Promise<Answer | Problem> {
  const [method] = OPERATIONS[operation]
  try {
    const answer = await exchange({ method, path: addressOf(operation, input), body: input.body, token, patience })
    return answer.status >= 200 && answer.status < 300 ? answer : problemOf(answer)
  } catch (error) {
    if (error instanceof Unreachable) return unreachable()
    throw error
  }
}
