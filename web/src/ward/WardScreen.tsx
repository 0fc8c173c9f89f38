/** The ward screen: one ward's board, live, for people who pass by. */
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { clockOffset } from './serverClock';
import { language, sayName } from '../language/language';
import { AlarmStrip } from './AlarmStrip';
import type { Here } from './BedCard';
import { BedGrid } from './BedGrid';
import { Connecting, LostBanner, RefusalNotice } from './Notices';
import type { WardWatch } from './watch';
import { WardHeader } from './WardHeader';

const DEVICE_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export function WardScreen({ watch }: { watch: WardWatch }): JSX.Element {
  const board = watch.board.value;
  const name = board ? sayName(board.ward.name, board.ward.code) : '';
  useEffect(() => {
    document.title = name ? `${name} · Wardgrid` : 'Wardgrid';
  }, [name, language.value]);

  if (watch.refusal.value) return <RefusalNotice refusal={watch.refusal.value} />;
  const here: Here = {
    now: watch.now.value.wall + clockOffset.value,
    timeZone: board?.ward.hospital?.timeZone ?? DEVICE_ZONE,
  };
  const heard = watch.heardAt.value;
  const checkedAt = heard && board ? heard.wall + clockOffset.value : null;
  const lost = watch.link.value === 'LOST';
  return (
    <main class={lost ? 'screen lost' : 'screen'} data-link={watch.link.value}>
      {board && checkedAt !== null && <WardHeader board={board} here={here} checkedAt={checkedAt} opened={watch.opened} />}
      {lost && <LostBanner here={here} checkedAt={checkedAt} />}
      {board && watch.alarms.value && <AlarmStrip shown={watch.alarms.value} here={here} />}
      {board ? <BedGrid beds={board.beds ?? []} here={here} /> : <Connecting />}
    </main>
  );
}
