import { readFileSync } from 'node:fs';
import { render } from 'preact';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AlarmsView } from '../src/graphql/documents';
import { chooseLanguage } from '../src/language/language';
import { AlarmStrip, SEVERITIES, toneOf } from '../src/ward/AlarmStrip';

const NOW = Date.parse('2026-03-01T08:10:00Z');
const here = { now: NOW, timeZone: 'UTC' };
let page: HTMLElement;

function alarm(number: number, severity = 'HIGH', state = 'OPEN'): AlarmsView['alarms'][number] {
  return {
    id: String(number), kind: 'THRESHOLD', severity, state, placeCode: `0${number}`, bedId: null,
    text: { zh: '血氧低', en: 'SpO2 low' }, openedAt: '2026-03-01T08:05:00Z', shelvedUntil: null, level: 0, leadId: null, flood: false,
  } as AlarmsView['alarms'][number];
}

function show(alarms: AlarmsView['alarms'], floods: AlarmsView['floods'] = []): void {
  const counts = { total: alarms.length, unacknowledged: alarms.filter(({ state }) => state === 'OPEN').length, critical: 0 };
  const shown = { cursor: 'c', asOf: '2026-03-01T08:10:00Z', more: false, alarms, floods, ...counts } as AlarmsView;
  render(<AlarmStrip shown={shown} here={here} />, page);
}

beforeEach(() => {
  page = document.createElement('div');
  chooseLanguage('en');
});
afterEach(() => render(null, page));

describe('the strip of alarms', () => {
  test('takes no room where there is none', () => {
    show([]);
    expect(page.innerHTML).toBe('');
  });

  test('says how bad, where, what, and for how long, in words', () => {
    show([alarm(1, 'CRITICAL'), alarm(2, 'LOW', 'ACKED')]);
    expect(page.querySelector('.alarm-count')?.textContent).toBe('2 alarms, 1 not acknowledged');
    const lines = [...page.querySelectorAll('.alarm')].map((one) => one.textContent);
    expect(lines).toEqual(['Critical01SpO2 lowNot acknowledged · 5 min', 'Low02SpO2 lowAcknowledged · 5 min']);
    chooseLanguage('zh-CN');
    show([alarm(1, 'CRITICAL')]);
    expect(page.querySelector('.alarm')?.textContent).toBe('危急01血氧低未确认 · 5 分钟');
  });

  test('keeps the order of the server and counts what does not fit', () => {
    show([3, 1, 2, 6, 5, 4, 8, 7].map((number) => alarm(number)));
    expect([...page.querySelectorAll('.at')].map((one) => one.textContent)).toEqual(['03', '01', '02', '06', '05', '04']);
    expect(page.querySelector('.more')?.textContent).toBe('2 more');
  });

  test('says that there are too many at once', () => {
    show([alarm(1)], [{ since: '2026-03-01T08:00:00Z', alarms: 12 }] as AlarmsView['floods']);
    expect(page.querySelector('.alarm-count')?.textContent).toContain('Many alarms at once');
  });

  test('says so when alarms cannot be shown', () => {
    render(<AlarmStrip shown="UNREADABLE" here={here} />, page);
    expect(page.querySelector('[role=alert]')?.textContent).toBe('Alarms cannot be shown at the moment.');
  });

  test('shows a severity that it has not learned like the worst', () => {
    expect(toneOf('NEW')).toBe('alarm-critical');
  });
});

const CSS = readFileSync('src/styles/alarms.css', 'utf-8');

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test.each(SEVERITIES)('%s has a contrast of at least 4.5 to 1', (severity) => {
  const found = new RegExp(`\\.${toneOf(severity)}\\s*\\{ --fill: (#[0-9a-f]{6}); --fill-ink: (#[0-9a-f]{6})`).exec(CSS);
  const [lighter, darker] = [luminance(found?.[1] ?? ''), luminance(found?.[2] ?? '')].sort((a, b) => b - a) as [number, number];
  expect((lighter + 0.05) / (darker + 0.05)).toBeGreaterThanOrEqual(4.5);
});
