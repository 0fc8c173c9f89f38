/** Goes to the other language, which names itself in its own words. */
import type { JSX } from 'preact';
import { chooseLanguage, language, LANGUAGES } from './language';

export function LanguageSwitch(): JSX.Element {
  const other = language.value === 'en' ? 'zh-CN' : 'en';
  return (
    <button class="quiet language" type="button" lang={other} onClick={() => chooseLanguage(other)}>
      {LANGUAGES[other]['language.name']}
    </button>
  );
}
