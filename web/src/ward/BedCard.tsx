/** One bed on the board. */
import { DoorClosed, Footprints, House, Lock, ShieldAlert, TriangleAlert, UsersRound, type IconNode } from 'lucide';
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
          <p class="foot">
            <span class="room">
              <Icon of={DoorClosed} label={say('room')} />
              {roomInWords(bed.room)}
            </span>
            {bed.stay ? <Discharge stay={bed.stay} here={here} /> : <Urgency task={bed.cleaning} />}
          </p>
        </div>
      </article>
    </li>
  );
}

function Body({ bed, shown, here }: { bed: BedView; shown: Shown; here: Here }): JSX.Element | null {
  if (bed.stay) return <Stay stay={bed.stay} />;
  if (shown === 'BLOCKED' || shown === 'CLOSED') return <Block bed={bed} here={here} />;
  if (bed.cleaning) return <Cleaning bed={bed} here={here} />;
  if (bed.hold) return <Hold hold={bed.hold} here={here} />;
  if (shown === 'UNAVAILABLE') return <p class="main small">{reasonsNotAvailable(bed)}</p>;
  return null;
}

interface BadgeProps {
  kind: string;
  icon: IconNode;
  full?: string;
  children: ComponentChildren;
}

function Badge({ kind, icon, full, children }: BadgeProps): JSX.Element {
  return (
    <span class={`badge ${kind}`} title={full}>
      <Icon of={icon} />
      {children}
    </span>
  );
}

/** Ideographs are as wide as two letters; a line that holds more than six letters' width takes smaller type. */
function isWide({ initials, privacy }: StayView): boolean {
  const width = [...(initials ?? '')].reduce((sum, sign) => sum + (sign > '\u2e80' ? 2 : 1), 0);
  return width + (privacy ? 2 : 0) > 6;
}

function Stay({ stay }: { stay: StayView }): JSX.Element {
  return (
    <>
      <p class={isWide(stay) ? 'main wide' : 'main'}>
        {stay.initials && <span class="initials">{stay.initials}</span>}
        {stay.sex && <Icon of={sexIcon(stay.sex)} label={sayValue('sex', stay.sex)} />}
        {stay.privacy && <Icon of={Lock} label={say('stay.privacy')} />}
        {stay.ageBand && <span class="age">{stay.ageBand}</span>}
      </p>
      <p class="badges">
        {stay.isolation && stay.isolation !== 'NONE' && (
          <Badge kind="isolation" icon={ShieldAlert}>{sayValue('isolation', stay.isolation)}</Badge>
        )}
        {stay.sameSurname && (
          <Badge kind="surname" icon={UsersRound} full={say('stay.sameSurname.full')}>{say('stay.sameSurname')}</Badge>
        )}
        {stay.onLeave && <Badge kind="leave" icon={Footprints}>{say('stay.onLeave')}</Badge>}
      </p>
    </>
  );
}

function Discharge({ stay, here }: { stay: StayView; here: Here }): JSX.Element | null {
  if (stay.dischargePending) return <Badge kind="leaving" icon={House}>{say('stay.dischargePending')}</Badge>;
  if (!stay.expectedDischarge) return null;
  const ahead = daysAhead(stay.expectedDischarge, here.now, here.timeZone);
  const kind = ahead < 0 ? 'overdue' : ahead === 0 ? 'today' : 'later';
  const day = dayInWords(stay.expectedDischarge, here.now, here.timeZone);
  return (
    <Badge kind={`discharge ${kind}`} icon={ahead < 0 ? TriangleAlert : House} full={say(ahead < 0 ? 'stay.overdue' : 'stay.expected', { day })}>
      {day}
    </Badge>
  );
}

function Hold({ hold, here }: { hold: NonNullable<BedView['hold']>; here: Here }): JSX.Element {
  const left = hold.expiresAt ? milliseconds(hold.expiresAt) - here.now : null;
  const until = hold.expiresAt && say('hold.until', { time: momentInWords(hold.expiresAt, here.now, here.timeZone) });
  // The card already says "held"; only a bed that is still to be left needs a word more.
  const words = [hold.kind && hold.kind !== 'EMPTY' && sayValue('hold', hold.kind), until];
  return (
    <>
      {left !== null && <p class="main">{left > 0 ? countdown(left) : say('hold.over')}</p>}
      <p class="detail">{words.filter(Boolean).join(' · ')}</p>
    </>
  );
}

function Cleaning({ bed, here }: { bed: BedView; here: Here }): JSX.Element | null {
  const task = bed.cleaning;
  if (!task) return null;
  const words = [task.kind && sayValue('cleaning', task.kind), task.state && sayValue('cleaningState', task.state)];
  return (
    <>
      {task.since && <p class="main">{durationInWords(here.now - milliseconds(task.since))}</p>}
      <p class="detail">{words.filter(Boolean).join(' · ')}</p>
    </>
  );
}

function Block({ bed, here }: { bed: BedView; here: Here }): JSX.Element | null {
  const until = bed.blockedUntil;
  if (!bed.blockReason && !until) return null;
  return (
    <>
      <p class="main small">{bed.blockReason && sayValue('block', bed.blockReason)}</p>
      <p class="detail">{until ? say('block.until', { day: momentInWords(until, here.now, here.timeZone) }) : say('block.open')}</p>
    </>
  );
}

function Urgency({ task }: { task: BedView['cleaning'] }): JSX.Element | null {
  if (!task?.priority || task.priority === 'NORMAL') return null;
  return <Badge kind="urgent" icon={TriangleAlert}>{sayValue('priority', task.priority)}</Badge>;
}
