/** Pages by name. Parameters are numbers and keys, never personal data: they stand in the address. */

export const TABS = ['home', 'courses', 'score', 'account'] as const
export const PAGES = [
  ...TABS,
  'sign-in',
  'password',
  'profile',
  'privacy',
  'lesson',
  'evidence',
  'papers',
  'parts',
  'hand-in',
  'notices',
  'devices',
] as const

export type Page = (typeof PAGES)[number]
export type Parameters = Record<string, string | number>

export function isTab(page: Page): boolean {
  return TABS.some((tab) => tab === page)
}

/** With a callback uni rejects no promise. One way is given up where another was taken meanwhile. */
const givenUp = () => {}

/** A new page on top; a tab takes its place. */
export function open(page: Page, parameters: Parameters = {}): void {
  if (isTab(page)) void uni.switchTab({ url: address(page), fail: givenUp })
  else void uni.navigateTo({ url: address(page, parameters), fail: () => replace(page, parameters) })
}

/** In place of this page: back leads past it. */
export function replace(page: Page, parameters: Parameters = {}): void {
  if (isTab(page)) void uni.switchTab({ url: address(page), fail: givenUp })
  else void uni.redirectTo({ url: address(page, parameters), fail: givenUp })
}

/** Nothing to go back to. */
export function relaunch(page: Page, parameters: Parameters = {}): void {
  void uni.reLaunch({ url: address(page, parameters), fail: givenUp })
}

/** Whether this page is on top. */
export function isNow(page: Page): boolean {
  const pages = getCurrentPages()
  return pages[pages.length - 1]?.route === address(page).slice(1)
}

/** Where the teacher came from; home for who came by an address. */
export function back(): void {
  if (getCurrentPages().length > 1) void uni.navigateBack({ fail: givenUp })
  else relaunch('home')
}

export function address(page: Page, parameters: Parameters = {}): string {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return `/pages/${page}/${page}${pairs.length ? `?${pairs.join('&')}` : ''}`
}
