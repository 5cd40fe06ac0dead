/** The page's <video>, joined by its id: what it tells, what may be done to it, and what lies over it. */
import { nextTick, ref } from 'vue'
import type { Video } from '@/study/types'
import type { Curtain } from './curtain'

/** Who counts what is played. */
export interface Heard {
  playing(rate: number): void
  moved(position: number): void
  paused(): void
  seeked(position: number): void
  ended(): Promise<void>
}

/** An event of <video>, as far as it is used; players leave out what they do not know. */
export interface Told {
  detail?: { currentTime?: number; position?: number; fullScreen?: boolean | string }
}

export function useScreen(id: string, heard: () => Heard | undefined) {
  const source = ref('')
  /** Where the source begins to play. */
  const from = ref(0)
  /** Whole seconds: what shows it is drawn once a second. */
  const position = ref(0)
  const curtain = ref<Curtain>('ready')
  const rate = ref(1)
  const muted = ref(false)
  const full = ref(false)
  const started = ref(false)
  let running = false
  let context: UniApp.VideoContext | undefined

  const video = () => (context ??= uni.createVideoContext(id))

  function show(second: number) {
    const whole = Math.floor(second)
    if (whole !== position.value) position.value = whole
  }

  function stopped(next: Curtain) {
    running = false
    if (curtain.value !== 'ended' || next === 'broken') curtain.value = next
  }

  const on = {
    play() {
      running = started.value = true
      curtain.value = 'none'
      // A new source begins at the usual speed.
      if (rate.value !== 1) video().playbackRate(rate.value)
      heard()?.playing(rate.value)
    },
    pause() {
      if (started.value) stopped(curtain.value === 'broken' ? 'broken' : 'paused')
      heard()?.paused()
    },
    time({ detail }: Told) {
      const now = detail?.currentTime
      // Before its start the video tells of its way to where it begins.
      if (now === undefined || !started.value || !source.value) return
      if (curtain.value === 'waiting') curtain.value = 'none'
      show(now)
      heard()?.moved(now)
    },
    seeked({ detail }: Told) {
      if (detail?.position !== undefined) heard()?.seeked(detail.position)
    },
    waiting() {
      if (running) curtain.value = 'waiting'
    },
    ended() {
      running = false
      curtain.value = 'ended'
      void heard()?.ended()
    },
    error() {
      // The way of the source being taken out, not a failure.
      if (!source.value) return
      stopped('broken')
      heard()?.paused()
    },
    full({ detail }: Told) {
      full.value = detail?.fullScreen === true || detail?.fullScreen === 'true'
    },
  }

  function play() {
    if (source.value) video().play()
  }

  function seek(second: number) {
    if (!source.value) return
    if (curtain.value === 'ended') curtain.value = 'paused'
    if (!started.value) from.value = second
    video().seek(second)
    show(second)
  }

  function pause() {
    if (source.value) video().pause()
  }

  /** For the player: it has turned back, paused or slowed what the teacher did. */
  const port: Video = {
    pause,
    seek,
    setRate(wanted) {
      rate.value = wanted
      video().playbackRate(wanted)
    },
  }

  return {
    source,
    from,
    position,
    curtain,
    rate,
    muted,
    full,
    started,
    on,
    port,
    play,
    pause,
    seek,
    toggle: () => (running ? pause() : play()),
    /** Shows `address` from `second` on; one that is there already moves to it and waits. */
    load(address: string, second: number) {
      if (source.value === address) return seek(second)
      from.value = second
      position.value = second
      started.value = false
      curtain.value = 'ready'
      source.value = address
    },
    /** After an error: fetches the source again and goes on where it was. */
    async retry() {
      const address = source.value
      source.value = ''
      await nextTick()
      from.value = position.value
      curtain.value = 'waiting'
      source.value = address
      await nextTick()
      play()
    },
    setRate(wanted: number) {
      port.setRate(wanted)
      if (running) heard()?.playing(wanted)
    },
    turnFull(on: boolean) {
      if (on === full.value) return
      if (on) video().requestFullScreen({ direction: 90 })
      else video().exitFullScreen()
    },
  }
}
