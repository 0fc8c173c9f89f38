/** Whether what the screen shows may still be believed. */

/** A ping goes out every 3 s and is answered at once; two unanswered ones and a second's grace leave time to tell within 10 s. */
export const LOST_AFTER_MS = 7000;

/** A moment on two clocks: the wall clock jumps when it is set, the steady one sleeps with the machine. */
export interface Moment {
  wall: number;
  steady: number;
}

export function present(): Moment {
  return { wall: Date.now(), steady: performance.now() };
}

/** Milliseconds since `then`, by the clock that says longer: a screen doubts rather than believes. */
export function age(then: Moment, now: Moment): number {
  return Math.max(now.wall - then.wall, now.steady - then.steady);
}

export function isLost(heard: Moment, now: Moment): boolean {
  return age(heard, now) > LOST_AFTER_MS;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 5000;

/** Wait before the n-th retry; spread by `chance` in [0, 1) so that a hospital's screens do not return in one instant. */
export function retryWait(failures: number, chance: number): number {
  const wait = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(failures, 10));
  return wait * (0.7 + 0.6 * chance);
}
