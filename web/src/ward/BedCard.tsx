/** One bed on the board. */
import { Footprints, House, Lock, ShieldAlert, TriangleAlert, UsersRound, type IconNode } from 'lucide';
import type { ComponentChildren, JSX } from 'preact';
import type { BedView, StayView } from '../graphql/documents';
import { say, sayValue } from '../language/language';
import { countdown, dayInWords, daysAhead, durationInWords, milliseconds, momentInWords } from '../language/times';
import { appearanceOf, reasonsNotAvailable, roomInWords, sexIcon, shownState, type Shown } from './appearance';
import { Icon } from './Icon';

/** The server's present time and the hospital's zone. */
export interface Here {
  now: number;
  timeZone: string;
}

export function BedCard({ bed, here }: { bed: BedView; here: Here }): JSX.Element {
  const shown = shownState(bed);
  const look = appearanceOf(shown);
  return (
    <li class={`bed ${look.tone}`} data-bed={bed.code} data-state={shown}>
      <article class="card" aria-label={`${bed.code} ${say(look.text)}`}>
        <header class="band">
          <h2 class="code">{bed.code}</h2>
          <span class="state">
            <Icon of={look.icon} />
            {say(look.text)}
          </span>
        </header>
        <div class="body">
          <Body bed={bed} shown={shown} here={here} />
          <p class="room">{roomInWords(bed.room)}</p>
        </div>
      </article>
    </li>
  );
}

function Body({ bed, shown, here }: { bed: BedView; shown: Shown; here: Here }): JSX.Element | null {
  if (bed.stay) return <Stay stay={bed.stay} here={here} />;
  if (shown === 'BLOCKED' || shown === 'CLOSED') return <Block bed={bed} here={here} />;
  if (bed.cleaning) return <Cleaning bed={bed} here={here} />;
  if (bed.hold) return <Hold hold={bed.hold} here={here} />;
  if (shown === 'UNAVAILABLE') return <p class="main small">{reasonsNotAvailable(bed)}</p>;
  return null;
}

function Badge({ kind, icon, children }: { kind: string; icon: IconNode; children: ComponentChildren }): JSX.Element {
  return (
    <span class={`badge ${kind}`}>
      <Icon of={icon} />
      {children}
    </span>
  );
}

function Stay({ stay, here }: { stay: StayView; here: Here }): JSX.Element {
  return (
    <>
      <p class="main">
        <span class="initials">{stay.initials ?? (stay.privacy ? '•••' : '')}</span>
        {stay.sex && <Icon of={sexIcon(stay.sex)} label={sayValue('sex', stay.sex)} />}
        {stay.ageBand && <span class="age">{stay.ageBand}</span>}
      </p>
      <p class="badges">
        {stay.isolation && stay.isolation !== 'NONE' && (
          <Badge kind="isolation" icon={ShieldAlert}>{sayValue('isolation', stay.isolation)}</Badge>
        )}
        {stay.sameSurname && <Badge kind="surname" icon={UsersRound}>{say('stay.sameSurname')}</Badge>}
        {stay.onLeave && <Badge kind="leave" icon={Footprints}>{say('stay.onLeave')}</Badge>}
        {stay.privacy && <Badge kind="privacy" icon={Lock}>{say('stay.privacy')}</Badge>}
        <Discharge stay={stay} here={here} />
      </p>
    </>
  );
}

function Discharge({ stay, here }: { stay: StayView; here: Here }): JSX.Element | null {
  if (stay.dischargePending) return <Badge kind="leaving" icon={House}>{say('stay.dischargePending.short')}</Badge>;
  if (!stay.expectedDischarge) return null;
  const ahead = daysAhead(stay.expectedDischarge, here.now, here.timeZone);
  const kind = ahead < 0 ? 'overdue' : ahead === 0 ? 'today' : 'later';
  const day = dayInWords(stay.expectedDischarge, here.now, here.timeZone);
  return (
    <span class={`badge discharge ${kind}`} title={say(ahead < 0 ? 'stay.overdue' : 'stay.expected', { day })}>
      <Icon of={ahead < 0 ? TriangleAlert : House} />
      {day}
    </span>
  );
}

function Hold({ hold, here }: { hold: NonNullable<BedView['hold']>; here: Here }): JSX.Element {
  const left = hold.expiresAt ? milliseconds(hold.expiresAt) - here.now : null;
  return (
    <>
      {left !== null && <p class="main">{left > 0 ? say('hold.left', { time: countdown(left) }) : say('hold.over')}</p>}
      {hold.kind && <p class="detail">{sayValue('hold', hold.kind)}</p>}
    </>
  );
}

function Cleaning({ bed, here }: { bed: BedView; here: Here }): JSX.Element | null {
  const task = bed.cleaning;
  if (!task) return null;
  const words = [task.kind && sayValue('cleaning', task.kind), task.state && sayValue('cleaningState', task.state)];
  return (
    <>
      <p class="main">
        {task.since && durationInWords(here.now - milliseconds(task.since))}
        {task.priority && task.priority !== 'NORMAL' && (
          <Badge kind="urgent" icon={TriangleAlert}>{sayValue('priority', task.priority)}</Badge>
        )}
      </p>
      <p class="detail">{words.filter(Boolean).join(' · ')}</p>
    </>
  );
}

function Block({ bed, here }: { bed: BedView; here: Here }): JSX.Element {
  const until = bed.blockedUntil;
  return (
    <>
      <p class="main small">{bed.blockReason && sayValue('block', bed.blockReason)}</p>
      <p class="detail">{until ? say('block.until', { day: momentInWords(until, here.now, here.timeZone) }) : say('block.open')}</p>
    </>
  );
}
