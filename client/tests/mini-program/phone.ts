/**
 * A phone with the built package on it: miniprogram-simulate renders its pages, this is WeChat around them. What WeChat's JavaScript
 * does not have (window, fetch, performance, …) the package does not see either, though this process does.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'

const require = createRequire(import.meta.url)
const Module: { prototype: { _compile(code: string, file: string): unknown } } = require('node:module')
const exparser: Exparser = require('miniprogram-exparser')

/** Of a browser or of Node, and not of WeChat. */
const HIDDEN =
  'window,document,self,navigator,location,history,performance,localStorage,sessionStorage,fetch,XMLHttpRequest,WebSocket,URL,' +
  'URLSearchParams,AbortController,Blob,FormData,TextEncoder,TextDecoder,Intl,queueMicrotask,structuredClone,crypto,btoa,atob,' +
  'Buffer,AudioContext,Audio,Image,Event,requestAnimationFrame,cancelAnimationFrame,alert,confirm'

interface Exparser {
  Event: {
    create(name: string, detail: object, how: object): { isStopped(): boolean }
    dispatchEvent(target: object, event: object): void
  }
}
interface Page {
  route: string
  options: Record<string, string>
  onLoad?(query: Record<string, string>): void
  onShow?(): void
  onHide?(): void
  onUnload?(): void
}
interface Rendered {
  dom: HTMLElement
  instance: Page
  attach(parent: HTMLElement): void
  detach(): void
}
interface Simulate {
  load(path: string, tag: string, options: object): string
  render(id: string): Rendered
}
interface Options {
  url: string
  data?: string
  method?: string
  header?: Record<string, string>
  value?: unknown
  key?: string
  title?: string
  content?: string
  success?(result: object): void
  fail?(result: object): void
  complete?(result: object): void
}

export interface Ask {
  method: string
  path: string
  header: Record<string, string>
  body: string | undefined
}
export interface Answer {
  status: number
  header?: Record<string, string>
  text: string
}
export interface Asked extends Ask {
  /** Date.now() when it was asked. */
  at: number
  /** Missing while there is no answer; 0 where none came. */
  status?: number
}

export class Phone {
  readonly storage = new Map<string, unknown>()
  readonly asked: Asked[] = []
  /** What the page told the video, in order: play, pause, seek 12. */
  readonly video: string[] = []
  readonly toasts: string[] = []
  online = true
  codes = 0
  private stack: Rendered[] = []
  private simulate: Simulate
  private routeNow = ''
  private onNetwork: ((state: { isConnected: boolean }) => void)[] = []
  private appShow: (() => void)[] = []
  private appHide: (() => void)[] = []

  /** `wechat` is the name that the stand-in for WeChat knows this phone's owner by. */
  constructor(
    private readonly root: string,
    private readonly answer: (ask: Ask) => Promise<Answer>,
    private readonly wechat = 'nobody',
  ) {
    hideBrowser(root)
    Object.assign(globalThis, { wx: this.wx(), getCurrentPages: () => this.stack.map((one) => one.instance), Page: () => {} })
    this.simulate = require('miniprogram-simulate')
    // miniprogram-simulate keeps what it finds in `wx`; a second phone brings its own.
    Object.assign(globalThis, { wx: this.wx(), Component: this.component(Reflect.get(globalThis, 'Component')) })
  }

  /** WeChat starts the mini-program: nothing of an earlier run is left but the storage. */
  async launch(route = 'pages/home/home', query: Record<string, string> = {}): Promise<void> {
    this.quit()
    for (const file of Object.keys(require.cache)) if (file.startsWith(this.root)) delete require.cache[file]
    let app: object = {}
    Object.assign(globalThis, { App: (options: object) => (app = options), getApp: () => app })
    // uni wraps Component at each start anew.
    Object.assign(globalThis, { Component: this.plain })
    require(join(this.root, 'app.js'))
    const { onLaunch } = app as { onLaunch?(options: object): void }
    onLaunch?.call(app, { path: route, query })
    this.appShow.forEach((act) => act())
    this.push(route, query)
    await this.settle()
  }

  /** The teacher swipes it away. */
  quit(): void {
    while (this.stack.length) this.pop()
    this.appShow = []
    this.appHide = []
    this.onNetwork = []
  }

  /** Another app, or the screen is locked. */
  async hide(): Promise<void> {
    this.top?.instance.onHide?.()
    this.appHide.forEach((act) => act())
    await this.settle()
  }

  async show(): Promise<void> {
    this.appShow.forEach((act) => act())
    this.top?.instance.onShow?.()
    await this.settle()
  }

  async network(on: boolean): Promise<void> {
    this.online = on
    this.onNetwork.forEach((act) => act({ isConnected: on }))
    await this.settle()
  }

  async open(route: string, query: Record<string, string> = {}): Promise<void> {
    this.push(route, query)
    await this.settle()
  }

  async back(): Promise<void> {
    this.pop()
    this.top?.instance.onShow?.()
    await this.settle()
  }

  get route(): string {
    return this.top?.instance.route ?? ''
  }

  get text(): string {
    return (this.top?.dom.textContent ?? '').replace(/\s+/g, ' ')
  }

  all(selector: string): HTMLElement[] {
    return [...(this.top?.dom.querySelectorAll<HTMLElement>(selector) ?? [])]
  }

  /** A finger on the innermost element that says `words`: each element around it feels it too, until one keeps it for itself. */
  async tap(words: string): Promise<void> {
    const found = this.all('*').filter((one) => plain(one.textContent).includes(plain(words)))
    const target = found[found.length - 1]
    if (!target) throw new Error(`nothing says ${words}: ${this.text}`)
    for (let one: HTMLElement | null = target; one && tell(one, 'tap'); one = one.parentElement);
    await this.settle()
  }

  async happen(target: HTMLElement | undefined, name: string, detail: object = {}): Promise<void> {
    if (!target) throw new Error(`no element for ${name}`)
    tell(target, name, detail)
    await this.settle()
  }

  async type(at: number, value: string): Promise<void> {
    await this.happen(this.all('wx-input')[at], 'input', { value })
  }

  /** As the last log-in of the phone, past the package. */
  async ask(method: string, path: string): Promise<Answer> {
    const { access }: { access: string } = JSON.parse(String(this.storage.get('tokens')))
    return this.answer({ method, path, header: { Authorization: `Bearer ${access}` }, body: undefined })
  }

  of(path: string): Asked[] {
    return this.asked.filter((one) => one.path.startsWith(path))
  }

  /** What was begun without a timer comes to its end. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  private get top(): Rendered | undefined {
    return this.stack[this.stack.length - 1]
  }

  private plain: unknown

  private component(register: (options: object) => void) {
    const make = (options: { methods?: { onLoad?: unknown }; created?: () => void }) => {
      const { created } = options
      const phone = this
      if (options.methods?.onLoad)
        options.created = function (this: object) {
          Object.assign(this, { route: phone.routeNow, __wxWebviewId__: ++views })
          created?.call(this)
        }
      register(options)
    }
    return (this.plain = make)
  }

  private push(route: string, query: Record<string, string>): void {
    this.top?.instance.onHide?.()
    this.routeNow = route
    const page = this.simulate.render(this.simulate.load(join(this.root, route), 'page', { rootPath: this.root }))
    this.stack.push(page)
    page.attach(document.body)
    page.instance.onLoad?.(query)
    page.instance.onShow?.()
  }

  private pop(): void {
    const page = this.stack.pop()
    page?.instance.onUnload?.()
    page?.detach()
  }

  private go(how: 'push' | 'replace' | 'clear', options: Options): void {
    const [route = '', query = ''] = options.url.slice(1).split('?', 2)
    if (how === 'replace') this.pop()
    if (how === 'clear') while (this.stack.length) this.pop()
    this.push(route, Object.fromEntries(new URLSearchParams(query)))
    done(options, {})
  }

  private request(options: Options) {
    const { pathname, search } = new URL(options.url)
    const asked: Asked = {
      method: options.method ?? 'GET',
      path: pathname + search,
      header: options.header ?? {},
      body: options.data,
      at: Date.now(),
    }
    this.asked.push(asked)
    const lost = () => {
      asked.status = 0
      options.fail?.({ errMsg: 'request:fail' })
      options.complete?.({})
    }
    if (!this.online) setImmediate(lost)
    else
      this.answer(asked).then(({ status, header = {}, text }) => {
        if (!this.online) return lost()
        asked.status = status
        done(options, { statusCode: status, header, data: text })
      }, lost)
    return { abort() {} }
  }

  private wx(): object {
    const { storage } = this
    const system = {
      platform: 'android',
      model: 'Test',
      brand: 'Test',
      system: 'Android 12',
      deviceModel: 'Test',
      fontSizeSetting: 16,
      windowWidth: 390,
      windowHeight: 844,
      safeArea: {},
      language: 'zh_CN',
      version: '8.0.50',
      SDKVersion: '3.3.4',
    }
    return {
      canIUse: () => false,
      getSystemInfoSync: () => system,
      getAppBaseInfo: () => system,
      getDeviceInfo: () => system,
      getWindowInfo: () => system,
      getSystemSetting: () => system,
      getAccountInfoSync: () => ({ miniProgram: { appId: 'wx0123456789abcdef' } }),
      getLaunchOptionsSync: () => ({ path: '', query: {}, scene: 1001 }),
      getEnterOptionsSync: () => ({ path: '', query: {}, scene: 1001 }),
      onAppShow: (act: () => void) => this.appShow.push(act),
      onAppHide: (act: () => void) => this.appHide.push(act),
      onNetworkStatusChange: (act: (state: { isConnected: boolean }) => void) => this.onNetwork.push(act),
      offNetworkStatusChange: () => (this.onNetwork = []),
      onAudioInterruptionBegin() {},
      offAudioInterruptionBegin() {},
      getStorageSync: (key: string) => storage.get(key) ?? '',
      setStorageSync: (key: string, value: unknown) => void storage.set(key, value),
      setStorage: ({ key = '', data }: Options) => void storage.set(key, data),
      removeStorageSync: (key: string) => void storage.delete(key),
      getStorageInfoSync: () => ({ keys: [...storage.keys()] }),
      login: (options: Options) => done(options, { code: `wx-${this.wechat}-${++this.codes}` }),
      request: (options: Options) => this.request(options),
      reLaunch: (options: Options) => this.go('clear', options),
      switchTab: (options: Options) => this.go('clear', options),
      redirectTo: (options: Options) => this.go('replace', options),
      navigateTo: (options: Options) => this.go('push', options),
      navigateBack: () => void this.back(),
      showToast: ({ title = '' }: Options) => void this.toasts.push(title),
      showModal: (options: Options) => done(options, { confirm: true, cancel: false }),
      setNavigationBarTitle: (options: Options) => done(options, {}),
      setKeepScreenOn: (options: Options) => done(options, {}),
      vibrateLong: (options: Options) => done(options, {}),
      createVideoContext: () => ({
        play: () => this.video.push('play'),
        pause: () => this.video.push('pause'),
        seek: (to: number) => this.video.push(`seek ${to}`),
        playbackRate: (rate: number) => this.video.push(`rate ${rate}`),
        exitFullScreen() {},
        requestFullScreen() {},
      }),
      createSelectorQuery: () => new Query(),
    }
  }
}

/** Nothing has a size here. */
class Query {
  private acts: ((found: null) => void)[] = []

  select() {
    return this
  }
  in() {
    return this
  }
  boundingClientRect(act?: (found: null) => void) {
    if (act) this.acts.push(act)
    return this
  }
  exec(act?: (found: null[]) => void) {
    this.acts.forEach((one) => one(null))
    act?.([null])
  }
}

let views = 0
let hidden = ''

function plain(text: string | null): string {
  return (text ?? '').replace(/\s+/g, '')
}

/** Whether the event goes on to the element around this one. */
function tell(target: HTMLElement, name: string, detail: object = {}): boolean {
  const element: unknown = Reflect.get(target, '__wxElement')
  if (typeof element !== 'object' || element === null) return true
  const event = exparser.Event.create(name, detail, { bubbles: false, composed: false, capturePhase: true })
  exparser.Event.dispatchEvent(element, event)
  return !event.isStopped()
}

function done(options: Options, result: object): void {
  options.success?.(result)
  options.complete?.(result)
}

function hideBrowser(root: string): void {
  if (hidden === root) return
  hidden = root
  const compile = Module.prototype._compile
  Module.prototype._compile = function (code: string, file: string) {
    return compile.call(this, file.startsWith(root) ? `"use strict";var ${HIDDEN};${code}` : code, file)
  }
}
