/** When the teacher looks away from the page, comes back, or closes it. */
import { isWeb } from './kind'

export interface Leaving {
  hidden(): void
  shown(): void
  /** The page may be gone in a moment: nothing can be waited for. */
  gone(): void
}

/** Until what is returned is called. What pages hear themselves (onHide, onUnload) is not told again by the mini-program. */
export function watchLeaving(on: Leaving): () => void {
  return isWeb ? inBrowser(on) : inWechat(on)
}

function inBrowser(on: Leaving): () => void {
  const changed = () => (document.visibilityState === 'hidden' ? on.hidden() : on.shown())
  const gone = () => on.gone()
  // A page that comes back out of the browser's cache was told that it is gone.
  const back = ({ persisted }: PageTransitionEvent) => persisted && on.shown()
  document.addEventListener('visibilitychange', changed)
  window.addEventListener('pagehide', gone)
  window.addEventListener('pageshow', back)
  return () => {
    document.removeEventListener('visibilitychange', changed)
    window.removeEventListener('pagehide', gone)
    window.removeEventListener('pageshow', back)
  }
}

/** Calls `act` each time the device says that it has a network again, until what is returned is called. */
export function whenConnected(act: () => void): () => void {
  const changed = ({ isConnected }: { isConnected: boolean }) => isConnected && act()
  uni.onNetworkStatusChange(changed)
  return () => uni.offNetworkStatusChange(changed)
}

/** A phone call on an iPhone hides no page and pauses no video that WeChat would tell of; it only takes the sound. */
function inWechat(on: Leaving): () => void {
  const called = () => on.hidden()
  uni.onAudioInterruptionBegin?.(called)
  return () => uni.offAudioInterruptionBegin?.(called)
}
