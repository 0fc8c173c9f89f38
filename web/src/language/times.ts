/** Times in the hospital's zone and durations in words. */
import { language, say, type Code } from './language';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A calendar day may come without a time of day; then it is that day in the hospital, whatever the zone. */
const DAY_ONLY = /^\d{4}-\d{2}-\d{2}$/;

export function milliseconds(at: string): number {
  return Date.parse(at);
}

function calendarDay(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(at);
}

/** Days from the calendar day of `now` to that of `at`, both in the hospital's zone. */
export function daysAhead(at: string, now: number, timeZone: string): number {
  const day = DAY_ONLY.test(at) ? at : calendarDay(milliseconds(at), timeZone);
  return Math.round((Date.parse(day) - Date.parse(calendarDay(now, timeZone))) / DAY);
}

const NEAR: ReadonlyMap<number, Code> = new Map([[-1, 'day.yesterday'], [0, 'day.today'], [1, 'day.tomorrow']]);

/** "Today", "Tomorrow", else weekday and date: what one says about an expected discharge. */
export function dayInWords(at: string, now: number, timeZone: string): string {
  const near = NEAR.get(daysAhead(at, now, timeZone));
  if (near) return say(near);
  const zone = DAY_ONLY.test(at) ? 'UTC' : timeZone;
  // The shortest form that is still unmistakable: "Thu 26 Nov", "11/26周四".
  const [locale, month] = language.value === 'en' ? ['en-GB', 'short' as const] : ['zh-CN', 'numeric' as const];
  const parts = { timeZone: zone, weekday: 'short', day: 'numeric', month } as const;
  return new Intl.DateTimeFormat(locale, parts).format(milliseconds(at)).replace(',', '');
}

/** Time of day alone when it is today, else the day before it; to stand inside a sentence. */
export function momentInWords(at: string, now: number, timeZone: string): string {
  const time = clockTime(milliseconds(at), timeZone, false);
  const ahead = daysAhead(at, now, timeZone);
  if (ahead === 0) return time;
  const day = dayInWords(at, now, timeZone);
  return `${NEAR.has(ahead) ? day.toLowerCase() : day} ${time}`;
}

export function clockTime(at: number, timeZone: string, seconds = true): string {
  const parts = { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  return new Intl.DateTimeFormat(language.value, seconds ? { ...parts, second: '2-digit' } : parts).format(at);
}

/** A duration in the two largest units that matter; below zero counts as zero. */
export function durationInWords(span: number): string {
  const ms = Math.max(0, span);
  if (ms < MINUTE) return say('time.seconds', { s: Math.floor(ms / SECOND) });
  if (ms < HOUR) return say('time.minutes', { m: Math.floor(ms / MINUTE) });
  if (ms < DAY) return say('time.hours', { h: Math.floor(ms / HOUR), m: Math.floor((ms % HOUR) / MINUTE) });
  return say('time.days', { d: Math.floor(ms / DAY), h: Math.floor((ms % DAY) / HOUR) });
}

/** What is left of a hold: to the second in the last hour, because then somebody is waiting for it. */
export function countdown(left: number): string {
  if (left >= HOUR) return durationInWords(left);
  const seconds = Math.max(0, Math.floor(left / SECOND));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
