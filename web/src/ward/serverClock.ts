/** The server's clock, so that a countdown is right on a device whose own clock is not. */
import { signal } from '@preact/signals';

/** The HTTP Date header counts whole seconds, so a smaller difference says nothing. */
const WORTH_CORRECTING_MS = 2000;
const COMPARE_EVERY_MS = 10 * 60_000;

/** Milliseconds to add to the device's clock. */
export const clockOffset = signal(0);

/** What to add to the device's clock when the server stamped `date` on an answer that took from `sent` to `received`. */
export function offsetFrom(date: string | null, sent: number, received: number): number {
  const stamped = date ? Date.parse(date) : NaN;
  if (Number.isNaN(stamped)) return 0;
  const offset = stamped + 500 - (sent + received) / 2;
  return Math.abs(offset) < WORTH_CORRECTING_MS ? 0 : offset;
}

async function compare(): Promise<void> {
  const sent = Date.now();
  try {
    const answer = await fetch('/favicon.svg', { method: 'HEAD', cache: 'no-store' });
    clockOffset.value = offsetFrom(answer.headers.get('date'), sent, Date.now());
  } catch {
    // No answer, no news: the last known difference stays the best guess.
  }
}

/** Compares now and from time to time; the returned function ends it. */
export function keepServerClock(): () => void {
  void compare();
  const timer = setInterval(() => void compare(), COMPARE_EVERY_MS);
  return () => clearInterval(timer);
}
