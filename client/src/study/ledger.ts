/** Which seconds of the lesson are credited, and which wait for a check: from the figures of the replies wherever they leave no doubt. */
import { size, subtract, union, normalised } from './intervals'
import type { BeatReply, Covered, Interval } from './types'

export class Ledger {
  /** Both normalised; `pending` is this session's. */
  coverage: Interval[]
  pending: Interval[] = []
  /** The server's figures do not tell which seconds they are: it has to be asked. */
  isUnsure = false
  /** Credited since the opening; never falls. */
  gained = 0
  /** Rises with each reply. */
  version = 0
  private most: number

  constructor(
    coverage: readonly (readonly number[])[],
    public credited: number,
  ) {
    this.coverage = normalised(coverage)
    this.most = credited
    this.isUnsure = size(this.coverage) !== credited
  }

  /** What a reply says of these seconds. `overtaken`: another reply came between, so the figures may be older than what is known. */
  judge(played: readonly Interval[], reply: Pick<BeatReply, 'credited' | 'session'>, overtaken = false): void {
    this.version += 1
    const fresh = subtract(normalised(played), union(this.coverage, this.pending))
    const more = reply.credited - this.credited
    const waits = reply.session.pending - size(this.pending)
    const news = size(fresh)
    if (overtaken || this.isUnsure) this.isUnsure = true
    else if (more === 0 && waits === news) this.pending = union(this.pending, fresh)
    else if (more === 0 && reply.session.pending === 0) this.pending = []
    else if (more === 0 && waits === 0) return
    else if (more === news && waits === 0) this.coverage = union(this.coverage, fresh)
    else if (more === news && reply.session.pending === 0 && news !== size(this.pending)) {
      this.coverage = union(this.coverage, fresh)
      this.pending = []
    } else if (news === 0 && more === size(this.pending) && reply.session.pending === 0) this.release()
    else if (more === news + size(this.pending) && reply.session.pending === 0) {
      this.coverage = union(this.coverage, fresh)
      this.release()
    } else this.isUnsure = true
    this.reckon(reply.credited)
  }

  /** The server's own word; `asked` is the version when it was asked: what came between makes it old. */
  learn(covered: Covered, asked: number): void {
    if (asked !== this.version) return
    this.coverage = normalised(covered.coverage)
    this.pending = subtract(normalised(covered.pending), this.coverage)
    this.isUnsure = false
    this.reckon(covered.credited)
  }

  private release(): void {
    this.coverage = union(this.coverage, this.pending)
    this.pending = []
  }

  private reckon(credited: number): void {
    this.credited = credited
    this.gained += Math.max(0, credited - this.most)
    this.most = Math.max(this.most, credited)
  }
}
