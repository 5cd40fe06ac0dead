/** A clock that is moved, a storage of strings, and a video that does as it is told. */
import type { Storage } from '@/platform/storage'
import type { Player } from '@/study/player'
import type { Clock, Video } from '@/study/types'

export class FakeClock implements Clock {
  private timers: { at: number; act: () => void }[] = []
  private passed = 0

  constructor(
    private readonly start = Date.UTC(2026, 10, 22, 4),
    private readonly draw: () => number = () => 0.5,
  ) {}

  now(): number {
    return this.start + this.passed
  }

  steady(): number {
    return this.passed
  }

  later(ms: number, act: () => void): () => void {
    const timer = { at: this.passed + ms, act }
    this.timers.push(timer)
    return () => void (this.timers = this.timers.filter((other) => other !== timer))
  }

  /** The same clock for one page; once it is killed nothing that it waited for happens. */
  page(isAlive: () => boolean): Clock {
    return {
      now: () => this.now(),
      steady: () => this.steady(),
      later: (ms, act) => this.later(ms, () => isAlive() && act()),
      random: () => this.random(),
    }
  }

  /** Time passes until `work` is done; fails after ten minutes. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isDone = false
    const done = () => (isDone = true)
    work.then(done, done)
    await settled()
    for (let waited = 0; !isDone; waited++) {
      if (waited > 1200) throw new Error('waited in vain')
      await this.advance(500)
    }
    return work
  }

  random(): number {
    return this.draw()
  }

  /** All that falls due on the way happens, in order, with what follows from it. */
  async advance(ms: number): Promise<void> {
    const end = this.passed + ms
    await settled()
    for (;;) {
      const due = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      this.timers = this.timers.filter((timer) => timer !== due)
      this.passed = Math.max(this.passed, due.at)
      due.act()
      await settled()
    }
    this.passed = end
  }
}

/** All promises that can go on have. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

export class FakeStorage implements Storage {
  readonly texts = new Map<string, string>()

  get(key: string): unknown {
    const text = this.texts.get(key)
    try {
      return text === undefined ? undefined : JSON.parse(text)
    } catch {
      return undefined
    }
  }

  set(key: string, value: unknown): void {
    this.texts.set(key, JSON.stringify(value))
  }

  remove(key: string): void {
    this.texts.delete(key)
  }

  keys(): string[] {
    return [...this.texts.keys()]
  }
}

/** Plays on the fake clock and ticks four times a second. */
export class FakeVideo implements Video {
  position = 0
  isPlaying = false
  rate = 1
  player: Player | undefined
  /** What was told to it. */
  readonly told: string[] = []
  /** Whole seconds that were seen to their end, in order. */
  readonly seen: number[] = []

  constructor(
    private readonly clock: FakeClock,
    readonly duration: number,
  ) {}

  pause(): void {
    this.told.push('pause')
    if (!this.isPlaying) return
    this.isPlaying = false
    this.player?.paused()
  }

  seek(second: number): void {
    this.told.push(`seek ${second}`)
    this.position = second
  }

  setRate(rate: number): void {
    this.told.push(`rate ${rate}`)
    this.rate = rate
  }

  play(rate = this.rate): void {
    this.rate = rate
    this.isPlaying = true
    this.player?.playing(rate)
  }

  /** The teacher drags: the element only shows it as a jump. */
  drag(second: number): void {
    this.position = second
    this.player?.moved(second)
  }

  async run(seconds: number): Promise<void> {
    for (let tick = 0; tick < seconds * 4; tick++) {
      await this.clock.advance(250)
      if (!this.isPlaying) continue
      const before = this.position
      this.position = Math.min(this.duration, before + 0.25 * this.rate)
      if (Math.floor(this.position) > Math.floor(before)) this.seen.push(Math.floor(this.position) - 1)
      this.player?.moved(this.position)
      if (this.position < this.duration) continue
      this.isPlaying = false
      this.player?.ended()
    }
  }
}
