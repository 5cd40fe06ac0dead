/** Seconds credited on the Chinese day that it is (the day cap's). */
const DAY = 86_400_000
const EAST_OF_GREENWICH = 8 * 3_600_000

export class Today {
  private day: number
  /** Of what was gained since the opening, what belongs to earlier days. */
  private earlier = 0

  constructor(
    private credited: number,
    now: number,
  ) {
    this.day = dayOf(now)
  }

  /** `gained`: seconds credited since the opening. */
  at(gained: number, now: number): number {
    if (dayOf(now) !== this.day) {
      this.day = dayOf(now)
      this.credited = 0
      this.earlier = gained
    }
    return this.credited + gained - this.earlier
  }
}

function dayOf(now: number): number {
  return Math.floor((now + EAST_OF_GREENWICH) / DAY)
}
