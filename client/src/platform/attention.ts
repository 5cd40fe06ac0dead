/** To be noticed, politely; and what the screen does while somebody watches. */
import { isWeb } from './kind'

/** Two short tones and a vibration. Whoever refuses (no sound, no motor) stays silent: the page shows it anyway. */
export function ring(): void {
  if (isWeb) {
    tones()
    navigator.vibrate?.([300, 150, 300])
  } else {
    uni.vibrateLong({ fail: () => {} })
  }
}

/** The tab's title blinks between its own and `words`; call what is returned to end it. The mini-program has none. */
export function blinkTitle(words: string): () => void {
  if (!isWeb) return () => {}
  const before = document.title
  let on = true
  document.title = words
  const timer = setInterval(() => {
    on = !on
    document.title = on ? words : before
  }, 1000)
  return () => {
    clearInterval(timer)
    document.title = before
  }
}

/** A phone does not dim while the lesson plays. A browser does that by itself while a video with sound plays. */
export function keepScreenOn(on: boolean): void {
  if (!isWeb) uni.setKeepScreenOn({ keepScreenOn: on, fail: () => {} })
}

export function nameWindow(title: string): void {
  void uni.setNavigationBarTitle({ title, fail: () => {} })
}

function tones(): void {
  if (typeof AudioContext === 'undefined') return
  try {
    const sound = new AudioContext()
    const volume = sound.createGain()
    volume.gain.value = 0.15
    volume.connect(sound.destination)
    for (const [start, pitch] of [[0, 784], [0.22, 1047]] as const) {
      const tone = sound.createOscillator()
      tone.frequency.value = pitch
      tone.connect(volume)
      tone.start(sound.currentTime + start)
      tone.stop(sound.currentTime + start + 0.16)
    }
    setTimeout(() => void sound.close(), 1000)
  } catch {
    // No sound device.
  }
}
