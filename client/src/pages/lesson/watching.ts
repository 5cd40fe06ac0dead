/** One lesson being watched: the player, the screen it counts, and what each of them does to the other. */
import { computed, reactive, ref, watch } from 'vue'
import { asProblem } from '@/api/problem'
import { pause as wait } from '@/api/wait'
import { deviceName } from '@/platform/device'
import { API_URL } from '@/platform/http'
import { toast } from '@/platform/say'
import { storage } from '@/platform/storage'
import { clock, studyApi } from '@/platform/study'
import { session } from '@/session/session'
import { Player } from '@/study/player'
import { blankState, type Interval } from '@/study/types'
import { useScreen } from './screen'

/** ms that going elsewhere waits for the server to take the last seconds; what it did not take is kept and sent later. */
const PATIENCE = 3000
/** s that `mayReach` lies beyond what was seen. */
const SLACK = 5

export function useWatching(screenId: string) {
  const state = reactive(blankState())
  const busy = ref(false)
  const answering = ref(false)
  const trouble = ref('')
  let player: Player | undefined
  /** The video stands because nobody answered, not because the teacher stopped it. */
  let stoppedForCheck = false
  let closed = false

  const screen = useScreen(screenId, () => player && heard(player))
  const pending = computed(() => size(state.pending))
  const idle = computed(() => state.verdict === 'idle')
  const finished = computed(() => screen.curtain.value === 'ended')
  /** Something stands in place of the video. */
  const shut = computed(() => state.phase !== 'open' && !(state.phase === 'over' && finished.value))

  function heard(counting: Player) {
    return {
      playing: (rate: number) => counting.playing(rate),
      moved: (position: number) => counting.moved(position),
      paused: () => counting.paused(),
      seeked: (position: number) => counting.seeked(position),
      async ended() {
        screen.turnFull(false)
        await counting.ended()
        letGo(counting)
      },
    }
  }

  /**
   * All of it was watched: the end of the session lets go of the seat, and asks now for a proof that is still owed. Not while the
   * network is away: what ends there tries no more, and the page would never show what has counted.
   */
  function letGo(counting: Player): void {
    const isWhole = size(state.coverage) + size(state.pending) >= state.duration
    if (finished.value && isWhole && !state.offline) void counting.close(true)
  }

  function position(): number {
    return screen.position.value
  }

  async function begin(takeOver: boolean): Promise<void> {
    if (!player || busy.value) return
    busy.value = true
    try {
      await player.open(takeOver)
    } catch (error) {
      state.problem = asProblem(error)
      state.phase = 'refused'
    } finally {
      busy.value = false
    }
    const { opened } = state
    if (state.phase !== 'open' || !opened) return
    const address = opened.media_url.startsWith('/') ? API_URL + opened.media_url : opened.media_url
    screen.load(address, opened.resume_at < opened.duration ? opened.resume_at : 0)
  }

  /** Moves within the rules. */
  function seekTo(wanted: number): void {
    if (state.phase !== 'open') return
    const bound = !(state.opened?.rules.may_skip_ahead ?? false)
    // Not into the server's slack: what it lets pass would stay unseen.
    const seen = Math.max(position(), state.mayReach - SLACK)
    const most = Math.min(bound ? seen : state.duration, Math.max(0, state.duration - 1))
    if (bound && wanted > seen + 1) toast('本课首次观看不能跳着看，看过的部分可以回看。')
    const second = Math.max(0, Math.min(wanted, most))
    screen.seek(second)
    player?.seeked(second)
  }

  /** Plays from `second`, where the session is over in a new one. */
  async function playFrom(second: number): Promise<void> {
    if (state.phase === 'over') await begin(false)
    if (state.phase !== 'open') return
    seekTo(second)
    screen.play()
  }

  async function answer(text?: string): Promise<void> {
    if (!player || answering.value) return
    answering.value = true
    trouble.value = ''
    try {
      await player.answer(text)
    } catch (error) {
      trouble.value = asProblem(error).message
    } finally {
      answering.value = false
    }
    if (!state.challenge && stoppedForCheck && state.phase === 'open') {
      stoppedForCheck = false
      screen.play()
    }
  }

  async function close(): Promise<void> {
    if (closed || !player) return
    closed = true
    screen.pause()
    await Promise.race([player.close(), wait(PATIENCE)])
  }

  watch(
    () => [state.challenge?.id, idle.value] as const,
    ([check, isIdle]) => {
      trouble.value = ''
      if (check || isIdle) screen.turnFull(false)
      if (isIdle && !finished.value) {
        stoppedForCheck = true
        screen.pause()
      }
    },
  )
  watch(
    () => state.offline,
    () => player && letGo(player),
  )
  watch(shut, (isShut) => {
    if (!isShut) return
    screen.turnFull(false)
    screen.pause()
  })

  return {
    state,
    screen,
    busy,
    answering,
    trouble,
    pending,
    idle,
    shut,
    begin,
    seekTo,
    playFrom,
    answer,
    close,
    /** The first second that is neither credited nor on its way. */
    missing: () => firstGap([...state.coverage, ...state.pending]),
    /** Once, when the teacher is known. */
    start(enrolmentId: number, lessonId: number): Promise<void> {
      const accountId = session.me?.account_id ?? 0
      const ports = { api: studyApi, storage, clock, video: screen.port }
      player = new Player(ports, { accountId, enrolmentId, lessonId, device: deviceName() }, state)
      return begin(false)
    },
    hide() {
      player?.hide()
      // A second that is cut in two by leaving counts in neither half: it is played again as a whole.
      if (!screen.started.value || finished.value || state.phase !== 'open') return
      screen.seek(position())
      player?.seeked(position())
    },
    show: () => player?.show(),
    leave: () => player?.leave(),
    reconnected: () => player?.reconnected(),
    otherTab: (key = '') => player?.otherTab(key),
  }
}

function size(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, [start, stop]) => sum + stop - start, 0)
}

function firstGap(intervals: readonly Interval[]): number {
  let end = 0
  for (const [start, stop] of [...intervals].sort(([a], [b]) => a - b)) {
    if (start > end) break
    end = Math.max(end, stop)
  }
  return end
}
