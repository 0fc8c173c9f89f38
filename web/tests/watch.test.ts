import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { endingOf, type Attempt, type Follow } from '../src/graphql/live';
import type { AlarmsView, BoardEvent } from '../src/graphql/documents';
import { noCredential, type Bearer, type Credential } from '../src/session/credential';
import { screenCredential } from '../src/session/screen';
import { age, retryWait } from '../src/ward/freshness';
import { WardWatch } from '../src/ward/watch';

/** A server that a test moves by hand. */
class Line {
  attempts: Attempt[] = [];
  closed = 0;
  follow: Follow = (attempt) => {
    this.attempts.push(attempt);
    return () => (this.closed += 1);
  };
  get last(): Attempt {
    return this.attempts.at(-1) as Attempt;
  }
  board(cursor: string): void {
    this.last.changed({ cursor, version: 1, board: { asOf: '2026-03-01T08:00:00Z' } } as unknown as BoardEvent);
  }
  /** Answers every ping for as long as a test wants. */
  async alive(seconds: number): Promise<void> {
    for (let passed = 0; passed < seconds; passed += 3) {
      this.last.heard();
      await vi.advanceTimersByTimeAsync(3000);
    }
  }
}

let line: Line;
let watch: WardWatch;

async function open(credential: Credential = screenCredential({ token: 'key', shared: true })): Promise<void> {
  line = new Line();
  watch = new WardWatch('ward', credential, line.follow);
  watch.start();
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => void vi.useFakeTimers({ now: Date.parse('2026-03-01T08:00:00Z') }));
afterEach(() => {
  watch.stop();
  vi.useRealTimers();
});

describe('a live board', () => {
  test('is live from the first board on', async () => {
    await open();
    line.last.heard();
    expect(watch.link.value).toBe('CONNECTING');
    line.board('c1');
    expect(watch.link.value).toBe('LIVE');
  });

  test('stays live for hours on pings alone', async () => {
    await open();
    line.board('c1');
    await line.alive(8 * 3600);
    expect(watch.link.value).toBe('LIVE');
    expect(line.attempts).toHaveLength(1);
  });
});

describe('a lost link', () => {
  test('is shown at most 10 s after the last word of a server that went silent', async () => {
    await open();
    line.board('c1');
    await vi.advanceTimersByTimeAsync(7000);
    expect(watch.link.value).toBe('LIVE');
    await vi.advanceTimersByTimeAsync(2000);
    expect(watch.link.value).toBe('LOST');
    expect(watch.board.value).not.toBeNull();
  });

  test('is shown when the server was never heard', async () => {
    await open();
    await vi.advanceTimersByTimeAsync(9000);
    expect(watch.link.value).toBe('LOST');
    expect(watch.heardAt.value).toBeNull();
  });

  test('gives a silent socket up and asks again after the last cursor', async () => {
    await open();
    line.board('c7');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(line.closed).toBe(1);
    expect(line.attempts).toHaveLength(2);
    expect(line.last.after).toBe('c7');
  });

  test('recovers by itself however long it was gone', async () => {
    await open();
    line.board('c1');
    for (let tries = 0; tries < 1000; tries++) {
      line.last.ended('LOST');
      await vi.advanceTimersByTimeAsync(7000);
    }
    expect(watch.link.value).toBe('LOST');
    expect(line.attempts).toHaveLength(1001);
    line.board('c2');
    expect(watch.link.value).toBe('LIVE');
  });

  test('a blink that heals within seconds shows no banner', async () => {
    await open();
    line.board('c1');
    line.last.ended('LOST');
    await vi.advanceTimersByTimeAsync(1000);
    line.board('c1');
    await vi.advanceTimersByTimeAsync(5000);
    expect(watch.link.value).toBe('LIVE');
  });

  test('after an error about the cursor the whole board is asked for', async () => {
    await open();
    line.board('c1');
    line.last.ended('CURSOR');
    await vi.advanceTimersByTimeAsync(1000);
    expect(line.last.after).toBeNull();
  });
});

describe('a refusal', () => {
  test('takes the board off the screen at once and asks again every minute', async () => {
    await open();
    line.board('c1');
    line.last.ended('REVOKED');
    expect(watch.refusal.value).toBe('REVOKED');
    expect(watch.board.value).toBeNull();
    await vi.advanceTimersByTimeAsync(59_000);
    expect(line.attempts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1000);
    expect(line.attempts).toHaveLength(2);
    line.board('c2');
    expect(watch.refusal.value).toBeNull();
    expect(watch.link.value).toBe('LIVE');
  });

  test('an expired key is not presented again', async () => {
    await open();
    line.last.ended('TOKEN_EXPIRED');
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(watch.refusal.value).toBe('TOKEN_EXPIRED');
    expect(line.attempts).toHaveLength(1);
  });

  test('a member of staff gets a new token once before being logged out', async () => {
    const asked: boolean[] = [];
    const bearer = async (renew: boolean): Promise<Bearer> => {
      asked.push(renew);
      return { kind: 'TOKEN', token: renew ? 'new' : 'old' };
    };
    await open({ renewable: true, whenNone: 'SESSION_OVER', whenExpired: 'SESSION_OVER', bearer, accepted: () => undefined });
    line.last.ended('TOKEN_EXPIRED');
    await vi.advanceTimersByTimeAsync(1);
    expect(line.last.bearer).toBe('new');
    expect(watch.refusal.value).toBeNull();
    line.last.ended('TOKEN_EXPIRED');
    expect(watch.refusal.value).toBe('SESSION_OVER');
    expect(asked).toEqual([false, true]);
  });

  test('nobody at the door is told so', async () => {
    await open(noCredential);
    expect(watch.refusal.value).toBe('TOKEN_MISSING');
    expect(line.attempts).toHaveLength(0);
  });
});

describe('alarms', () => {
  test('are shown as the server tells them, and leave the screen with a refusal', async () => {
    await open();
    line.board('c1');
    expect(watch.alarms.value).toBeNull();
    line.last.alarmed('UNREADABLE');
    expect(watch.alarms.value).toBe('UNREADABLE');
    const told = { total: 1 } as AlarmsView;
    line.last.alarmed(told);
    expect(watch.alarms.value).toBe(told);
    line.last.ended('LOST');
    expect(watch.alarms.value).toBe(told);
    await vi.advanceTimersByTimeAsync(7000);
    line.last.ended('REVOKED');
    expect(watch.alarms.value).toBeNull();
  });
});

describe('what an ending means', () => {
  test.each([
    [{ code: 4401 }, 'TOKEN_EXPIRED'],
    [{ code: 4403 }, 'REVOKED'],
    [{ code: 4408 }, 'LOST'],
    [{ code: 1006 }, 'LOST'],
    [new Error('socket'), 'LOST'],
    [[{ extensions: { code: 'NOT_FOUND' } }], 'WARD_UNKNOWN'],
    [[{ extensions: { code: 'UNAUTHENTICATED' } }], 'TOKEN_EXPIRED'],
    [[{ extensions: { code: 'DENIED' } }], 'REVOKED'],
    [[{ message: 'odd' }], 'CURSOR'],
    [[], 'CURSOR'],
  ])('%o is %s', (cause, ending) => {
    expect(endingOf(cause)).toBe(ending);
  });
});

describe('doubt', () => {
  test('follows the clock that says longer, so neither sleep nor a clock set back hides an old board', () => {
    expect(age({ wall: 100_000, steady: 0 }, { wall: 40_000, steady: 9000 })).toBe(9000);
    expect(age({ wall: 0, steady: 0 }, { wall: 50_000, steady: 10 })).toBe(50_000);
  });

  test('retries come quickly at first, never more than 6.5 s apart', () => {
    expect(retryWait(0, 0)).toBe(350);
    expect(retryWait(3, 0.5)).toBe(4000);
    expect(retryWait(1000, 0.999)).toBeLessThan(6500);
  });
});
