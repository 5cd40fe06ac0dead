/**
 * Moments and durations in Chinese. Moments are ms since 1970 and read as China's time, whatever zone the device is set to: a
 * deadline is a deadline in Shanghai. China keeps UTC+8 all year, so no table of zones is needed (WeChat has none).
 */

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const CHINA = 8 * 60 * MINUTE
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/** ms since 1970 of an RFC 3339 time; NaN for anything else. By hand: old phones know only some of its forms. */
export function moment(text: string): number {
  const found = RFC_3339.exec(text)
  if (!found) return NaN
  const [, year, month, day, hour, minute, second, fraction = '', sign, hours = 0, minutes = 0] = found
  const ms = Math.floor(Number(`0.${fraction || 0}`) * 1000)
  const local = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second), ms)
  const offset = (Number(hours) * 60 + Number(minutes)) * MINUTE
  return sign === '-' ? local + offset : local - offset
}

/** As on a player: 3:20, 1:02:05. */
export function clock(seconds: number): string {
  const { hours, minutes, rest } = split(seconds)
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}

/** As in a sentence: 45 秒, 12 分 05 秒, 10 分钟, 1 小时 02 分. Hours leave the seconds out. */
export function duration(seconds: number): string {
  const { hours, minutes, rest } = split(seconds)
  if (hours) return minutes ? `${hours} 小时 ${two(minutes)} 分` : `${hours} 小时`
  if (!minutes) return `${rest} 秒`
  return rest ? `${minutes} 分 ${two(rest)} 秒` : `${minutes} 分钟`
}

/** Whole minutes, for lists: 9 分钟; 不到 1 分钟. */
export function wholeMinutes(seconds: number): string {
  const minutes = Math.floor(Math.max(0, seconds) / 60)
  return minutes || seconds <= 0 ? `${minutes} 分钟` : '不到 1 分钟'
}

/** 20:13 */
export function timeOfDay(at: number): string {
  const there = inChina(at)
  return `${two(there.getUTCHours())}:${two(there.getUTCMinutes())}`
}

/** 11月22日; of another year than `now`'s 2027年3月24日. */
export function day(at: number, now: number): string {
  const there = inChina(at)
  const date = `${there.getUTCMonth() + 1}月${there.getUTCDate()}日`
  return there.getUTCFullYear() === inChina(now).getUTCFullYear() ? date : `${there.getUTCFullYear()}年${date}`
}

/** 11月22日 20:13 */
export function dayAndTime(at: number, now: number): string {
  return `${day(at, now)} ${timeOfDay(at)}`
}

/** Which day it is in China, counted from 1970: equal for moments of one day. */
export function dayNumber(at: number): number {
  return Math.floor((at + CHINA) / DAY)
}

/** Midnights in China from `now` to the last instant before `until`: 0 on the last day; below 0 it was over before today. */
export function daysLeft(until: number, now: number): number {
  return dayNumber(until - 1) - dayNumber(now)
}

/** Until `until`, the first instant that is too late: 还有 23 天; 明天 23:59 截止; 今天 18:00 截止; 已截止. */
export function deadline(until: number, now: number): string {
  if (now >= until) return '已截止'
  const days = daysLeft(until, now)
  if (days > 1) return `还有 ${days} 天`
  return `${days ? '明天' : '今天'} ${lastMinute(until)} 截止`
}

/** 早上好 … 晚上好, by the hour in China. */
export function greeting(now: number): string {
  const hour = inChina(now).getUTCHours()
  if (hour < 5 || hour >= 18) return '晚上好'
  return hour < 11 ? '早上好' : hour < 13 ? '中午好' : '下午好'
}

/** Midnight is written as the minute before it: "today 24:00" is read as yesterday by half of all people. */
function lastMinute(until: number): string {
  const shown = timeOfDay(until)
  return shown === '00:00' ? '23:59' : shown
}

function split(seconds: number) {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.floor(seconds)) : 0
  return { hours: Math.floor(whole / 3600), minutes: Math.floor(whole / 60) % 60, rest: whole % 60 }
}

function inChina(at: number): Date {
  return new Date(at + CHINA)
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
