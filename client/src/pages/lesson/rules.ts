/** The programme's rules for players, as the page tells them. */
export interface Rules {
  max_rate: number
  may_skip_ahead: boolean
  day_cap: number | null
  presence_kind: string
  /** Seconds. */
  answer_within: number
}

/** Those that both kinds of players know, at least as fast as life: a programme's hours are not for slow motion. */
const SPEEDS = [1, 1.25, 1.5, 2]

export function speeds(most: number): number[] {
  return SPEEDS.filter((speed) => speed <= most)
}
