/** What is wrong in the ward: the first alarms in the server's order, each by colour, icon and words. */
import { BellRing, CircleAlert, Info, Siren, TriangleAlert, type IconNode } from 'lucide';
import type { JSX } from 'preact';
import type { AlarmsView, AlarmView } from '../graphql/documents';
import { say, sayName, sayValue } from '../language/language';
import { durationInWords, milliseconds } from '../language/times';
import type { Here } from './BedCard';
import { Icon } from './Icon';

const MOST_SHOWN = 6;
export const SEVERITIES = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'] as const;
const ICONS: Readonly<Record<string, IconNode>> = { CRITICAL: Siren, HIGH: TriangleAlert, MEDIUM: CircleAlert, LOW: Info };

interface Props {
  shown: AlarmsView | 'UNREADABLE';
  here: Here;
}

export function AlarmStrip({ shown, here }: Props): JSX.Element | null {
  if (shown === 'UNREADABLE') {
    return <p class="alarms unreadable" role="alert" data-alarms="unreadable"><Icon of={CircleAlert} />{say('alarms.unreadable')}</p>;
  }
  if (shown.total === 0) return null;
  const first = shown.alarms.slice(0, MOST_SHOWN);
  return (
    <section class="alarms" aria-label={say('alarms.label')} data-alarms={shown.total}>
      <p class="alarm-count" role="status">
        <Icon of={BellRing} />
        {say('alarms.count', { total: shown.total, open: shown.unacknowledged })}
        {shown.floods.length > 0 && <span> · {say('alarms.flood')}</span>}
      </p>
      <ul>
        {first.map((alarm) => <AlarmChip key={alarm.id} alarm={alarm} here={here} />)}
        {shown.total > first.length && <li class="more">{say('alarms.more', { count: shown.total - first.length })}</li>}
      </ul>
    </section>
  );
}

export function toneOf(severity: string): string {
  return `alarm-${(SEVERITIES.find((known) => known === severity) ?? 'CRITICAL').toLowerCase()}`;
}

function AlarmChip({ alarm, here }: { alarm: AlarmView; here: Here }): JSX.Element {
  return (
    <li class={`alarm ${toneOf(alarm.severity)} ${alarm.state.toLowerCase()}`} data-severity={alarm.severity} data-state={alarm.state}>
      <Icon of={ICONS[alarm.severity] ?? Siren} />
      <strong>{sayValue('severity', alarm.severity)}</strong>
      {alarm.placeCode && <span class="at">{alarm.placeCode}</span>}
      <span>{sayName(alarm.text, null)}</span>
      <small>{sayValue('alarmState', alarm.state)} · {durationInWords(here.now - milliseconds(alarm.openedAt))}</small>
    </li>
  );
}
