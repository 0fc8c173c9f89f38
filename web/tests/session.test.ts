import { beforeEach, describe, expect, test, vi } from 'vitest';
import { deviceSecret } from '../src/session/device';
import { screenCredential, takeScreenKey } from '../src/session/screen';
import { isReplaced } from '../src/ward/newerScreen';
import { offsetFrom } from '../src/ward/serverClock';
import { matches } from '../src/staff/wards';
import { loginProblem } from '../src/staff/LoginForm';
import type { WardLink } from '../src/graphql/documents';

beforeEach(() => {
  sessionStorage.clear();
  vi.unstubAllGlobals();
});

describe('the key of a screen', () => {
  test('leaves the address bar at once and is kept for the tab', () => {
    history.replaceState(null, '', '/ward/w1?lang=en#token=abc.def');
    expect(takeScreenKey('w1')).toEqual({ token: 'abc.def', shared: false });
    expect(location.hash).toBe('');
    expect(location.search).toBe('?lang=en');
    expect(takeScreenKey('w1')).toEqual({ token: 'abc.def', shared: false });
  });

  test('opens its own ward only', () => {
    history.replaceState(null, '', '/ward/w1#token=abc');
    takeScreenKey('w1');
    expect(takeScreenKey('w2')).toBeNull();
  });

  test('is presented with the secret of the device, and tied to it once it was good', async () => {
    const sent: { authorization: string; body: string }[] = [];
    vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
      sent.push({ authorization: new Headers(init.headers).get('authorization') ?? '', body: String(init.body) });
      return Response.json({ data: { bindDevice: { __typename: 'LongToken' } } });
    });
    const credential = screenCredential({ token: 'wgt_key', shared: false });
    const presented = `wgt_key.${deviceSecret()}`;
    expect(await credential.bearer(false)).toEqual({ kind: 'TOKEN', token: presented });
    credential.accepted();
    credential.accepted();
    await vi.waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]?.authorization).toBe(`Bearer ${presented}`);
    expect(sent[0]?.body).toContain(deviceSecret());
  });

  test('of a shared link is tied to no device', async () => {
    history.replaceState(null, '', '/ward/w1#token=abc&shared');
    const key = takeScreenKey('w1');
    expect(key).toEqual({ token: 'abc', shared: true });
    expect(await screenCredential(key as never).bearer(false)).toEqual({ kind: 'TOKEN', token: 'abc' });
  });
});

describe("the server's clock", () => {
  const noon = Date.parse('2026-03-01T12:00:00Z');

  test('corrects a device that is minutes off', () => {
    expect(offsetFrom('Sun, 01 Mar 2026 12:00:00 GMT', noon - 300_000, noon - 299_000)).toBe(300_000);
  });

  test('leaves a device alone that is right within the second that the header counts', () => {
    expect(offsetFrom('Sun, 01 Mar 2026 12:00:00 GMT', noon - 100, noon + 900)).toBe(0);
  });

  test('without a stamp nothing is corrected', () => {
    expect(offsetFrom(null, noon, noon)).toBe(0);
  });
});

test('a screen knows when the server has a newer page', () => {
  const page = '<script type="module" src="/assets/index-New.js"></script>';
  expect(isReplaced(page, '/assets/index-Old.js')).toBe(true);
  expect(isReplaced(page, '/assets/index-New.js')).toBe(false);
  expect(isReplaced('<h1>Bad gateway</h1>', '/assets/index-Old.js')).toBe(false);
});

test('a ward is found by code and by its name in either language', () => {
  const ward = { code: 'A3', name: { zh: '心内科', en: 'Cardiology' }, hospital: null } as unknown as WardLink;
  expect(['a3', 'cardio', '心内', ' A3 '].map((typed) => matches(ward, typed))).toEqual([true, true, true, true]);
  expect(matches(ward, 'surgery')).toBe(false);
});

test('an unfamiliar refusal of a log-in reads like a wrong password', () => {
  expect(loginProblem('LOGIN_DELAYED')).toBe('login.LOGIN_DELAYED');
  expect(loginProblem('SOMETHING')).toBe('login.LOGIN_REFUSED');
});
