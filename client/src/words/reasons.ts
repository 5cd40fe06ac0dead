/** Why seconds did not count, in the sentences that the study record uses too (heartbeat/reasons.py). */
const REASONS: Record<string, string> = {
  too_fast: '上报的播放时长超过了实际经过的时间，超出部分不计入。请用正常速度观看。',
  gap: '与服务器失去联系的时间过长，超出允许范围的部分无法核实，不计入。',
  hidden: '播放窗口在后台，未计入。请保持学习页面在前台。',
  skipped: '本课程首次观看不能跳着看，拖动越过的部分不计入。请从未看完处继续。',
  repeat: '这部分以前已经计入过，重复观看不再累计。',
  day_cap: '今天计入的学习时间已达到本项目的每日上限，明天可继续学习。',
  idle: '在场确认没有按时回答，确认之后播放的时间不计入。这部分可以回看，回看照常计入。',
  closed: '现在不在项目的学习时间内，观看不计入学时。',
  displaced: '您的学习已由另一台设备或新的登录接替，这里的播放不计入。',
  ended: '这次学习已经结束，之后的播放不计入。请重新打开课程。',
}

export interface Withheld {
  reason: string
  seconds: number
  why: string
}

/** The most first. A reason that this client does not know yet is told in the server's own sentence. */
export function withheldList(seconds: Record<string, number>, message: string): Withheld[] {
  return Object.entries(seconds)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([reason, count]) => ({
      reason,
      seconds: count,
      why: REASONS[reason] ?? (message || '这部分没有计入，原因见学习记录。'),
    }))
}
