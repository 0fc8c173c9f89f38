/** Which ward this is, how full it is, and how fresh the board is. */
import type { JSX } from 'preact';
import type { BoardView } from '../graphql/documents';
import { LanguageSwitch } from '../language/LanguageSwitch';
import { say, sayName, sayValue } from '../language/language';
import { clockTime, milliseconds } from '../language/times';
import type { Here } from './BedCard';
import { Counts } from './Counts';

interface Props {
  board: BoardView;
  here: Here;
  /** When the server last confirmed that the board is still right, by its own clock. */
  checkedAt: number;
  /** Whether there is a list of wards to go back to. */
  opened: boolean;
}

export function WardHeader({ board, here, checkedAt, opened }: Props): JSX.Element {
  const { ward } = board;
  return (
    <header class="ward-header">
      <div class="place">
        <p class="hospital">
          {opened && <a href="/">{say('wards.all')}</a>}
          {sayName(ward.hospital?.name ?? null, ward.hospital?.code ?? null)}
        </p>
        <h1>{sayName(ward.name, ward.code)}</h1>
      </div>
      <Counts board={board} now={here.now} />
      <div class="clock">
        <p class="time"><time>{clockTime(here.now, here.timeZone, false)}</time></p>
        <p class="fresh">
          <span data-fresh="checked">{say('clock.checked', { time: clockTime(checkedAt, here.timeZone) })}</span>
          <span data-fresh="as-of">{say('clock.asOf', { time: clockTime(milliseconds(board.asOf), here.timeZone) })}</span>
          <span>{say('clock.source', { source: sayValue('source', board.source) })}</span>
        </p>
        <LanguageSwitch />
      </div>
    </header>
  );
}
