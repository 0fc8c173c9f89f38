import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { en } from '../src/language/en';
import { chooseLanguage, firstLanguage, say, sayName, sayValue, type Code } from '../src/language/language';
import { clockTime, countdown, dayInWords, durationInWords, momentInWords } from '../src/language/times';
import { zhCN } from '../src/language/zh-CN';

afterEach(() => chooseLanguage('en'));

const gaps = (text: string): string[] => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

describe('texts', () => {
  test('exist for the same codes in both languages', () => {
    expect(Object.keys(zhCN).sort()).toEqual(Object.keys(en).sort());
  });

  test.each(Object.keys(en) as Code[])('%s is written and has the same gaps in both languages', (code) => {
    expect(zhCN[code].trim()).not.toBe('');
    expect(gaps(zhCN[code])).toEqual(gaps(en[code]));
  });

  test('are all used by a screen', () => {
    const sources = readdirSync('src', { recursive: true, encoding: 'utf-8' })
      .filter((name) => /\.tsx?$/.test(name) && !/language\/(en|zh-CN)\.ts$/.test(name))
      .map((name) => readFileSync(`src/${name}`, 'utf-8'))
      .join('\n');
    const groups = [...sources.matchAll(/sayValue\(\s*'(\w+)'|`(\w+)\.\$\{/g)].map((found) => found[1] ?? found[2]);
    const unused = Object.keys(en).filter((code) => !sources.includes(`'${code}'`) && !groups.includes(code.split('.')[0]));
    expect(unused).toEqual([]);
  });
});

describe('the first language', () => {
  test.each([
    ['?lang=zh', 'en', ['en-US'], 'zh-CN'],
    ['?lang=en', 'zh-CN', ['zh-CN'], 'en'],
    ['', 'zh-CN', ['en-US'], 'zh-CN'],
    ['', null, ['fr', 'zh-TW', 'en'], 'zh-CN'],
    ['', null, ['fr'], 'en'],
    ['?lang=xx', null, ['en-GB'], 'en'],
  ] as const)('%s, remembered %s, preferred %s: %s', (search, remembered, preferred, expected) => {
    expect(firstLanguage(search, remembered, preferred)).toBe(expected);
  });
});

describe('words', () => {
  test('an unfamiliar value of the server stays readable', () => {
    expect(sayValue('block', 'WATER_LEAK')).toBe('water leak');
  });

  test('a name comes in the chosen language, else in the other, else as the code', () => {
    expect(sayName({ zh: '内科', en: 'Medicine' }, 'M1')).toBe('Medicine');
    chooseLanguage('zh-CN');
    expect(sayName({ zh: '内科', en: 'Medicine' }, 'M1')).toBe('内科');
    expect(sayName({ zh: null, en: 'Medicine' }, 'M1')).toBe('Medicine');
    expect(sayName(null, 'M1')).toBe('M1');
  });

  test('a gap without a value stays visible', () => {
    expect(say('block.until')).toBe('Until {day}');
  });
});

describe('times', () => {
  const now = Date.parse('2026-03-01T15:30:00Z');
  const zone = 'Asia/Shanghai';

  test('are of the hospital, not of the screen', () => {
    expect(clockTime(now, zone)).toBe('23:30:00');
    expect(clockTime(now, 'Europe/London', false)).toBe('15:30');
  });

  test.each([
    ['2026-03-01T15:59:00Z', 'Today'],
    ['2026-03-01T16:00:00Z', 'Tomorrow'],
    ['2026-02-28T15:59:59Z', 'Yesterday'],
    ['2026-03-02', 'Tomorrow'],
    ['2026-03-03T02:00:00Z', 'Tue 3 Mar'],
  ])('%s is %s in Shanghai', (at, words) => {
    expect(dayInWords(at, now, zone)).toBe(words);
  });

  test('a day in Chinese is short too', () => {
    chooseLanguage('zh-CN');
    expect(dayInWords('2026-03-03T02:00:00Z', now, zone)).toBe('3/3周二');
  });

  test('a moment names its day only when that is another day', () => {
    expect(momentInWords('2026-03-01T15:45:00Z', now, zone)).toBe('23:45');
    expect(momentInWords('2026-03-01T17:00:00Z', now, zone)).toBe('tomorrow 01:00');
  });

  test.each([
    [-5000, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_600_000 + 95 * 1000, '1 h 1 min'],
    [26 * 3_600_000, '1 d 2 h'],
  ])('%i ms are %s', (span, words) => {
    expect(durationInWords(span)).toBe(words);
  });

  test.each([
    [3_599_999, '59:59'],
    [9_000, '0:09'],
    [-1, '0:00'],
    [3_600_000, '1 h 0 min'],
  ])('a hold with %i ms left shows %s', (left, words) => {
    expect(countdown(left)).toBe(words);
  });
});
