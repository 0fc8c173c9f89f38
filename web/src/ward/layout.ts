/** Where the beds stand on the screen. */
import type { BedView } from '../graphql/documents';

const byNumber = new Intl.Collator('en', { numeric: true });

/** Room by room, bed by bed, numbers as people count: 2 before 10. */
export function inOrder(beds: readonly BedView[]): BedView[] {
  return [...beds].sort(
    (a, b) => byNumber.compare(a.room?.code ?? '', b.room?.code ?? '') || byNumber.compare(a.code ?? '', b.code ?? ''),
  );
}

/** A card needs this many of its own text heights; the card's style sheet is drawn on the same measure. */
const CARD_WIDTH_EM = 14.6;
const CARD_HEIGHT_EM = 9.4;

/** Type may be this much smaller than the largest possible where that leaves fewer holes in the grid. */
const WORTH_FILLING = 0.94;

/** Columns that give the largest type to `beds` cards in an area of `width` × `height` pixels. */
export function columnsFor(beds: number, width: number, height: number): number {
  const choices = Array.from({ length: Math.max(1, beds) }, (_, index) => {
    const columns = index + 1;
    const rows = Math.ceil(beds / columns);
    const size = Math.min(width / columns / CARD_WIDTH_EM, height / rows / CARD_HEIGHT_EM);
    return { columns, size, holes: columns * rows - beds };
  });
  const largest = Math.max(...choices.map(({ size }) => size));
  const good = choices.filter(({ size }) => size >= largest * WORTH_FILLING);
  good.sort((a, b) => a.holes - b.holes || b.size - a.size);
  return good[0]?.columns ?? 1;
}
