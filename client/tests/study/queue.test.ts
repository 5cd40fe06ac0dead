import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { appended } from '@/study/intervals'
import { Queue } from '@/study/queue'
import type { BeatReply, Interval } from '@/study/types'

const START = Date.UTC(2026, 10, 22, 4)
const played = fc.array(fc.tuple(fc.nat(86_000), fc.integer({ min: 1, max: 300 })).map(([a, b]): Interval => [a, a + b]), {
  maxLength: 120,
})

function reply(seq: number, durable = 0): BeatReply {
  const session = { reported: 0, credited: 0, pending: 0, withheld: {} }
  const none = { challenge: null, resend_from: null, resume_at: null, message: null }
  return { seq, durable, state: 'playing', credited: 0, session, next_ms: 20_000, ...none }
}

/** Makes all of it beats. */
function made(intervals: Interval[]): Queue {
  const queue = new Queue()
  intervals.forEach((one, at) => queue.add([one], START + at * 1000, 1.25))
  if (queue.hasOpen) queue.seal(START + 1_000_000)
  return queue
}

describe('the queue', () => {
  it('tells all in the order played, in beats under 500 bytes with at most 32 intervals', () => {
    fc.assert(
      fc.property(played, (intervals) => {
        const queue = made(intervals)
        const joined = (list: Interval[]) => list.reduce<Interval[]>(appended, [])
        expect(joined(queue.held)).toEqual(joined(intervals))
        let last = 0
        for (const one of queue.state.beats) {
          expect(one.played.length).toBeLessThanOrEqual(32)
          const body = { hidden: [], ...queue.body({ ...one, seq: 2 ** 31 - 1 }), acked: 2 ** 31 - 1 }
          expect(JSON.stringify(body).length).toBeLessThan(500)
          expect(one.seq).toBe(last + 1)
          last = one.seq
        }
      }),
    )
  })

  it('gives beats of one moment times that rise, and a clock that was put back as it is', () => {
    const queue = new Queue()
    expect([queue.seal(5000).at, queue.seal(5000).at, queue.seal(1000).at]).toEqual([5000, 5001, 1000])
  })

  it('sends the oldest that was not answered, as it was, with the acked of now', () => {
    const queue = made([[0, 5]])
    const first = queue.next()!
    queue.add([[5, 9]], START)
    queue.seal(START + 2000)
    expect(queue.next()).toBe(first)
    queue.answered(first, reply(1))
    expect(queue.body(queue.next()!)).toMatchObject({ seq: 2, acked: 1, played: [[5, 9]], at: new Date(START + 2000).toISOString() })
  })

  it('keeps what is not durable, and sends it again from where the server knows', () => {
    const queue = new Queue()
    for (let seq = 1; seq <= 5; seq++) {
      queue.add([[seq * 10, seq * 10 + 5]], START + seq)
      queue.answered(queue.seal(START + seq), reply(seq, seq - 3))
    }
    expect(queue.state.beats.map(({ seq }) => seq)).toEqual([3, 4, 5])
    const asks = queue.seal(START + 9)
    queue.answered(asks, { ...reply(3, 2), resend_from: 4 })
    expect(queue.state.acked).toBe(3)
    expect(queue.next()?.seq).toBe(4)
    queue.answered(queue.next()!, reply(4, 2))
    expect(queue.next()?.seq).toBe(5)
  })

  it('goes on from what it holds where more is asked for', () => {
    const queue = made([[0, 5]])
    queue.answered(queue.next()!, reply(1, 1))
    queue.add([[5, 9]], START)
    const second = queue.seal(START)
    queue.answered(second, { ...reply(0), resend_from: 1 })
    expect(queue.next()).toBe(second)
    expect(queue.body(second).acked).toBe(0)
  })
})
