/** What the screen says when it cannot show a board it believes. */
import { CircleAlert, WifiOff } from 'lucide';
import type { JSX } from 'preact';
import { LanguageSwitch } from '../language/LanguageSwitch';
import { say, type Code } from '../language/language';
import { clockTime, durationInWords } from '../language/times';
import type { Here } from './BedCard';
import { Icon } from './Icon';
import type { Refusal } from './watch';

interface Lost {
  here: Here;
  /** Null when the server was never heard. */
  checkedAt: number | null;
}

export function LostBanner({ here, checkedAt }: Lost): JSX.Element {
  return (
    <div class="banner" data-banner="lost">
      <Icon of={WifiOff} />
      {/* Only the sentence is announced: a reader must not be told the growing age every second. */}
      <strong role="alert">{say(checkedAt === null ? 'link.never' : 'link.lost')}</strong>
      {checkedAt !== null && (
        <span>
          {say('link.lostSince', { time: clockTime(checkedAt, here.timeZone), age: durationInWords(here.now - checkedAt) })}
        </span>
      )}
    </div>
  );
}

export function Connecting(): JSX.Element {
  return <p class="connecting" role="status">{say('link.connecting')}</p>;
}

export function RefusalNotice({ refusal }: { refusal: Refusal | 'PAGE_UNKNOWN' }): JSX.Element {
  const mayLogIn = refusal === 'TOKEN_MISSING' || refusal === 'SESSION_OVER' || refusal === 'PAGE_UNKNOWN';
  return (
    <main class="refusal" data-refusal={refusal}>
      <Icon of={CircleAlert} />
      <div role="alert">
        <h1>{say(`problem.${refusal}` as Code)}</h1>
        <p>{say(`problem.${refusal}.hint` as Code)}</p>
      </div>
      {mayLogIn && <p><a class="button" href="/">{say('login.title')}</a></p>}
      <LanguageSwitch />
    </main>
  );
}
