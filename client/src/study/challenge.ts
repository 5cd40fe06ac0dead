/** The presence check that is open, as a reply tells it. */
import type { BeatReply, Challenge } from './types'

/** `sentAt`: the device's clock when what was answered here was sent; the server's clock runs from no sooner. */
export function challengeOf(reply: BeatReply, before: Challenge | undefined, sentAt: number): Challenge | undefined {
  const told = reply.challenge
  if (!told) return undefined
  const challenge: Challenge = {
    id: told.id,
    kind: told.kind === 'digits' ? 'digits' : 'tap',
    // For a player that is idle it waits for ever.
    deadline: reply.state === 'idle' ? Infinity : sentAt + told.answer_within_ms,
    wrong: before?.id === told.id ? before.wrong : 0,
  }
  return told.picture ? { ...challenge, picture: told.picture } : challenge
}

/** How often this check was answered wrongly, after one more answer: where it is still open, it was. */
export function wrongAgain(answered: Challenge, reply: BeatReply): number {
  return reply.challenge?.id === answered.id ? answered.wrong + 1 : 0
}
