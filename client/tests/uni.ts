/** A small `uni` for tests: requests answered by the test, storage in memory, WeChat's log-in, navigation written down. */
import type { Answer } from '@/platform/http'

export interface Asked {
  method: string
  path: string
  token: string | undefined
  body: unknown
}

/** What the server says; a rejection is a network that fails. */
export type Server = (asked: Asked) => Partial<Answer> | Promise<Partial<Answer>>

export interface FakeUni {
  asked: Asked[]
  stored: Map<string, string>
  /** Pages that were opened, by their address. */
  opened: string[]
  answer(server: Server): void
  /** WeChat's codes, in order; undefined: wx.login fails. */
  codes: (string | undefined)[]
}

interface RequestOptions {
  url: string
  method: string
  header: Record<string, string>
  data?: string
  success(answer: { statusCode: number; header: Record<string, string>; data: unknown }): void
  fail(error: { errMsg: string }): void
}

interface Callbacks {
  url?: string
  success?(result: object): void
  fail?(error: { errMsg: string }): void
}

/** Puts a new one in place of `uni`. */
export function fakeUni(): FakeUni {
  let server: Server = () => Promise.reject(new Error('no server'))
  const fake: FakeUni = { asked: [], stored: new Map(), opened: [], codes: [], answer: (next) => (server = next) }

  function request(options: RequestOptions) {
    const asked: Asked = {
      method: options.method,
      path: options.url.replace(/^https?:\/\/[^/]+/, ''),
      token: options.header['Authorization']?.replace('Bearer ', ''),
      body: options.data === undefined ? undefined : JSON.parse(options.data),
    }
    fake.asked.push(asked)
    void (async () => server(asked))().then(
      ({ status = 200, headers = {}, body = '' }) =>
        options.success({ statusCode: status, header: headers, data: JSON.stringify(body) }),
      (error: unknown) => options.fail({ errMsg: String(error) }),
    )
  }

  function login({ success, fail }: Callbacks) {
    const code = fake.codes.shift()
    if (code) success?.({ code })
    else fail?.({ errMsg: 'login:fail' })
  }

  const go = ({ url = '' }: Callbacks) => void fake.opened.push(url)
  Object.assign(globalThis, {
    uni: {
      request,
      login,
      getStorageSync: (key: string) => fake.stored.get(key) ?? '',
      setStorageSync: (key: string, value: string) => void fake.stored.set(key, value),
      removeStorageSync: (key: string) => void fake.stored.delete(key),
      getStorageInfoSync: () => ({ keys: [...fake.stored.keys()] }),
      getSystemInfoSync: () => ({}),
      reLaunch: go,
      navigateTo: go,
      redirectTo: go,
      switchTab: go,
    },
    getCurrentPages: () => fake.opened.slice(-1).map((url) => ({ route: url.slice(1) })),
  })
  return fake
}
