/** Chooses between the two languages; each names itself in its own words. */
import type { JSX } from 'preact';
import { chooseLanguage, language, LANGUAGES, say, type Language } from './language';

export function LanguageSwitch(): JSX.Element {
  return (
    <div class="languages" role="group" aria-label={say('language.choose')}>
      {(Object.keys(LANGUAGES) as Language[]).map((each) => (
        <button key={each} type="button" lang={each} aria-pressed={language.value === each} onClick={() => chooseLanguage(each)}>
          {LANGUAGES[each]['language.name']}
        </button>
      ))}
    </div>
  );
}
