/** How a bed looks: every state has its own colour, its own icon and its own word, so that none of the three is needed alone. */
import {
  Ban, BedDouble, Biohazard, BrushCleaning, CircleCheck, CircleDashed, CircleQuestionMark, Hourglass, Lock, Mars, SprayCan, Venus,
  type IconNode,
} from 'lucide';
import type { BedView } from '../graphql/documents';
import { sayValue, type Code } from '../language/language';

export const STATES = ['OCCUPIED', 'READY', 'UNAVAILABLE', 'HELD', 'CLEANING', 'DIRTY', 'CONTAMINATED', 'BLOCKED', 'CLOSED', 'UNKNOWN'] as const;
export type Shown = (typeof STATES)[number];

export interface Appearance {
  icon: IconNode;
  /** Class that carries the colours; see styles/states.css. */
  tone: string;
  text: Code;
}

const ICONS: Readonly<Record<Shown, IconNode>> = {
  OCCUPIED: BedDouble,
  READY: CircleCheck,
  UNAVAILABLE: CircleDashed,
  HELD: Hourglass,
  CLEANING: BrushCleaning,
  DIRTY: SprayCan,
  CONTAMINATED: Biohazard,
  BLOCKED: Ban,
  CLOSED: Lock,
  UNKNOWN: CircleQuestionMark,
};

/** The state to show. An empty clean bed nobody may use must not look like one that is ready. */
export function shownState(bed: Pick<BedView, 'state' | 'available'>): Shown {
  if (bed.state === 'READY' && bed.available === false) return 'UNAVAILABLE';
  return STATES.find((state) => state === bed.state) ?? 'UNKNOWN';
}

export function appearanceOf(state: Shown): Appearance {
  return { icon: ICONS[state], tone: `tone-${state.toLowerCase()}`, text: `state.${state}` };
}

const SEXES: Readonly<Record<string, IconNode>> = { FEMALE: Venus, MALE: Mars };

export function sexIcon(sex: string): IconNode {
  return SEXES[sex] ?? CircleQuestionMark;
}

/** Why an empty bed cannot be used, in words. */
export function reasonsNotAvailable(bed: BedView): string {
  return (bed.notAvailable ?? []).map((reason) => sayValue('notAvailable', reason)).join(' · ');
}

/** A bay is the rule and goes without saying. */
export function roomInWords(room: BedView['room']): string {
  if (!room?.code) return '';
  return room.kind && room.kind !== 'BAY' ? `${room.code} · ${sayValue('room', room.kind)}` : room.code;
}
