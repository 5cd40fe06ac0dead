/** A server of one teacher and one lesson that says what it is told to: for walks by the clock, which is moved. */
import type { Answer, Ask, Asked } from './phone'

export interface Beat {
  seq: number
  acked: number
  at: string
  played: [number, number][]
}

const ME = {
  account_id: 7,
  role: 'teacher',
  name: '林知远',
  masked_id: '999999**********',
  must_change_password: false,
  must_confirm_profile: false,
  privacy_version: '2026-11-22',
}

export class Scripted {
  /** Beats as they came, and of what kind. */
  readonly beats: { path: string; body: Beat; bytes: number; at: number }[] = []
  readonly answers: unknown[] = []
  challenge: { id: string; kind: string; answer_within_ms: number; picture: null } | null = null
  private seconds = 0

  readonly answer = async (ask: Ask): Promise<Answer> => {
    const path = ask.path.split('?')[0] ?? ''
    if (path === '/v1/auth/wechat') return json({ access_token: 'access', refresh_token: 'refresh', expires_in: 1800 })
    if (path === '/v1/me') return json(ME)
    if (path === '/v1/study/sessions') return json(this.opened(), 201)
    if (path === '/v1/study/beats' || path === '/v1/study/end') return json(this.reply(path, ask))
    if (path === '/v1/study/presence') {
      this.answers.push(JSON.parse(ask.body ?? 'null'))
      this.challenge = null
      return json(this.verdict(this.beats.length))
    }
    if (path === '/v1/study/coverage') return json({ credited: this.seconds, coverage: [], pending: [] })
    if (ask.method === 'GET') return json([])
    return { status: 404, text: '{}' }
  }

  private reply(path: string, ask: Ask) {
    const body: Beat = JSON.parse(ask.body ?? '')
    this.beats.push({ path, body, bytes: Buffer.byteLength(ask.body ?? ''), at: Date.now() })
    this.seconds += body.played.reduce((sum, [start, stop]) => sum + stop - start, 0)
    return this.verdict(body.seq)
  }

  private verdict(seq: number) {
    return {
      seq,
      state: this.challenge ? 'challenged' : 'playing',
      credited: this.seconds,
      session: { reported: this.seconds, credited: this.seconds, pending: 0, withheld: {} },
      next_ms: 20_000,
      durable: seq,
      challenge: this.challenge,
      resend_from: null,
      resume_at: null,
      message: null,
    }
  }

  private opened() {
    return {
      session_id: 's1',
      study_token: 'study',
      duration: 900,
      resume_at: 0,
      credited: 0,
      coverage: [],
      pending: [],
      beat_every_ms: 20_000,
      rules: {
        may_skip_ahead: false,
        max_rate: 1,
        max_silence: 120,
        day_cap: null,
        second_device: 'ask',
        presence_kind: 'tap',
        answer_within: 120,
      },
      media_url: '/media/lesson.mp4',
      today: { credited: 0, cap: null },
      ...this.challenge,
    }
  }
}

export function json(body: unknown, status = 200): Answer {
  return { status, text: JSON.stringify(body) }
}

/** Asks a running server. */
export function forwarding(url: string): (ask: Ask) => Promise<Answer> {
  return async ({ method, path, header, body }) => {
    const reply = await fetch(url + path, { method, headers: header, body: body ?? null })
    return { status: reply.status, header: Object.fromEntries(reply.headers), text: await reply.text() }
  }
}

export function statuses(asked: Asked[]): (number | undefined)[] {
  return asked.map(({ status }) => status)
}
