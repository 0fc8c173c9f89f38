/** The language of the screen: chosen, remembered, spoken. */
import { computed, signal } from '@preact/signals';
import type { Names } from '../graphql/documents';
import { en } from './en';
import { zhCN } from './zh-CN';

export type Code = keyof typeof en;
export type Texts = Readonly<Record<Code, string>>;
export type Language = 'zh-CN' | 'en';
export type Values = Readonly<Record<string, string | number>>;

export const LANGUAGES: Readonly<Record<Language, Texts>> = { 'zh-CN': zhCN, en };
const REMEMBERED = 'wardgrid.language';

/** `?lang=` wins over the last choice, the last choice over the browser's own language. */
export function firstLanguage(search: string, remembered: string | null, preferred: readonly string[]): Language {
  const wished = [new URLSearchParams(search).get('lang'), remembered, ...preferred];
  for (const wish of wished) {
    if (wish && /^zh\b/i.test(wish)) return 'zh-CN';
    if (wish && /^en\b/i.test(wish)) return 'en';
  }
  return 'en';
}

export const language = signal<Language>(
  firstLanguage(location.search, localStorage.getItem(REMEMBERED), navigator.languages),
);
const texts = computed(() => LANGUAGES[language.value]);

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  localStorage.setItem(REMEMBERED, chosen);
}

/** The text of a code in the present language, its `{names}` filled in. */
export function say(code: Code, values: Values = {}): string {
  return texts.value[code].replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap));
}

/** A value of the server's lists in words; a value this screen has not learned yet is shown readable, not hidden. */
export function sayValue(group: string, value: string): string {
  const code = `${group}.${value}`;
  return code in en ? say(code as Code) : value.replaceAll('_', ' ').toLowerCase();
}

/** A place's name in the present language, else in the other, else its code. */
export function sayName(name: Names, code: string | null): string {
  const [first, second] = language.value === 'en' ? [name?.en, name?.zh] : [name?.zh, name?.en];
  return first || second || code || '';
}
