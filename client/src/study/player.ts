/** One open lesson: joins the video, the beats and the server. */
import type { Lesson, PlayerState, Ports } from './types'

export class Player {
  constructor(
    readonly ports: Ports,
    readonly lesson: Lesson,
    /** Written here, shown by the page (reactive there). */
    readonly state: PlayerState,
  ) {}

  /** Opens a session, after what an earlier one still holds was delivered. Never raises: `state` says what became of it. */
  async open(_takeOver = false): Promise<void> {}

  /* What the video does. */
  playing(_rate: number): void {}
  moved(_position: number): void {}
  paused(): void {}
  seeked(_position: number): void {}
  ended(): void {}

  /* What the page does. */
  hide(): void {}
  show(): void {}
  leave(): void {}

  /** Answers the open check. */
  async answer(_text?: string): Promise<void> {}

  /** Ends the session. */
  async close(): Promise<void> {}
}
