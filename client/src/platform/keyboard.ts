/** Keys of a page on the web. The mini-program has no keyboard. */
import { isWeb } from './kind'

/** `act` says whether it used the key. Keys that are typed into a field, pressed on a button or belong to the browser are not told. */
export function watchKeys(act: (key: string) => boolean): () => void {
  if (!isWeb) return () => {}
  const pressed = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    if (isTyping(event.target)) return
    if (act(event.key.length === 1 ? event.key.toLowerCase() : event.key)) event.preventDefault()
  }
  document.addEventListener('keydown', pressed)
  return () => document.removeEventListener('keydown', pressed)
}

/** Moves the keyboard to the first element of `selector`; what is returned moves it back to where it was. */
export function takeFocus(selector: string): () => void {
  if (!isWeb) return () => {}
  const before = document.activeElement
  document.querySelector<HTMLElement>(selector)?.focus()
  return () => {
    if (before instanceof HTMLElement && before.isConnected) before.focus()
  }
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
}
