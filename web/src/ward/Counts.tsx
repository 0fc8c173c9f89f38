/** The ward in numbers, as the server counts them. */
import { UsersRound, type IconNode } from 'lucide';
import type { JSX } from 'preact';
import type { BoardView } from '../graphql/documents';
import { say, type Code } from '../language/language';
import { durationInWords, milliseconds } from '../language/times';
import { appearanceOf, type Shown } from './appearance';
import { Icon } from './Icon';

const BY_STATE: readonly [keyof BoardView & `${string}`, Code, Shown][] = [
  ['readyNow', 'count.readyNow', 'READY'],
  ['held', 'count.held', 'HELD'],
  ['cleaning', 'count.cleaning', 'CLEANING'],
  ['blocked', 'count.blocked', 'BLOCKED'],
];

export function Counts({ board, now }: { board: BoardView; now: number }): JSX.Element {
  return (
    <dl class="counts" aria-label={say('count.label')}>
      <div class="count tone-occupied" data-count="occupied">
        <dt><Icon of={appearanceOf('OCCUPIED').icon} />{say('count.occupied')}</dt>
        <dd>
          {board.occupied ?? '–'}
          <small>
            {say('count.staffed')} {board.staffedBeds ?? '–'}
            <br />
            {say('count.licensed')} {board.licensedBeds ?? '–'}
          </small>
        </dd>
      </div>
      {BY_STATE.map(([field, text, shown]) => (
        <Count key={field} name={field} tone={appearanceOf(shown).tone} icon={appearanceOf(shown).icon} text={say(text)} value={board[field] as number | null} />
      ))}
      {board.waiting && <Waiting waiting={board.waiting} now={now} />}
    </dl>
  );
}

interface CountProps {
  name: string;
  tone: string;
  icon: IconNode;
  text: string;
  value: number | null;
}

function Count({ name, tone, icon, text, value }: CountProps): JSX.Element {
  return (
    <div class={`count ${tone}`} data-count={name}>
      <dt><Icon of={icon} />{text}</dt>
      <dd>{value ?? '–'}</dd>
    </div>
  );
}

function Waiting({ waiting, now }: { waiting: NonNullable<BoardView['waiting']>; now: number }): JSX.Element {
  const since = waiting.flatMap(({ since }) => (since ? [milliseconds(since)] : []));
  const late = waiting.filter(({ neededBy }) => neededBy && milliseconds(neededBy) < now).length;
  return (
    <div class="count tone-waiting" data-count="waiting">
      <dt><Icon of={UsersRound} />{say('count.waiting')}</dt>
      <dd>
        {waiting.length}
        {waiting.length > 0 && (
          <small>
            {since.length > 0 && say('waiting.longest', { time: durationInWords(now - Math.min(...since)) })}
            <br />
            {late > 0 && say('waiting.late', { count: late })}
          </small>
        )}
      </dd>
    </div>
  );
}
