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

/** Columns that give the largest type to `beds` cards in an area of `width` × `height` pixels. */
export function columnsFor(beds: number, width: number, height: number): number {
  let best = { columns: 1, size: 0 };
  for (let columns = 1; columns <= beds; columns++) {
    const rows = Math.ceil(beds / columns);
    const size = Math.min(width / columns / CARD_WIDTH_EM, height / rows / CARD_HEIGHT_EM);
    if (size > best.size) best = { columns, size };
  }
  return best.columns;
}
