import { describe, expect, test } from 'vitest';
import { appearanceOf, shownState, STATES } from '../src/ward/appearance';
import { LANGUAGES } from '../src/language/language';
import { readFileSync } from 'node:fs';

const STATES_CSS = readFileSync('src/styles/states.css', 'utf-8');

function colour(tone: string, name: string): string {
  const found = new RegExp(`\\.${tone}\\s*\\{[^}]*--${name}: (#[0-9a-f]{6})`).exec(STATES_CSS);
  if (!found?.[1]) throw new Error(`${tone} has no --${name}`);
  return found[1];
}

/** Relative luminance and contrast as WCAG 2.2 defines them. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe('every state', () => {
  test('has an icon of its own', () => {
    expect(new Set(STATES.map((state) => appearanceOf(state).icon)).size).toBe(STATES.length);
  });

  test.each(Object.entries(LANGUAGES))('has a word of its own in %s', (_, texts) => {
    expect(new Set(STATES.map((state) => texts[appearanceOf(state).text])).size).toBe(STATES.length);
  });

  test('has colours of its own', () => {
    const looks = STATES.map((state) => appearanceOf(state).tone).map((tone) => colour(tone, 'band') + colour(tone, 'edge'));
    expect(new Set(looks).size).toBe(STATES.length);
  });

  test.each(STATES)('%s is readable: contrast of text to ground is at least 4.5', (state) => {
    const { tone } = appearanceOf(state);
    expect(contrast(colour(tone, 'band'), colour(tone, 'band-ink'))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(colour(tone, 'body'), colour(tone, 'body-ink'))).toBeGreaterThanOrEqual(4.5);
  });
});

describe('the state that is shown', () => {
  test.each([
    ['OCCUPIED', false, 'OCCUPIED'],
    ['READY', true, 'READY'],
    ['READY', false, 'UNAVAILABLE'],
    ['READY', null, 'READY'],
    ['HELD', false, 'HELD'],
    ['SOMETHING_NEW', true, 'UNKNOWN'],
    [null, null, 'UNKNOWN'],
  ] as const)('%s, available %s, looks %s', (state, available, shown) => {
    expect(shownState({ state, available } as never)).toBe(shown);
  });
});
