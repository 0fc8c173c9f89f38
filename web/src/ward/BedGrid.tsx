/** All beds at once: the number of columns is chosen so that the type is as large as the screen allows. */
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { BedView } from '../graphql/documents';
import { say } from '../language/language';
import { BedCard, type Here } from './BedCard';
import { columnsFor, inOrder } from './layout';

export function BedGrid({ beds, here }: { beds: readonly BedView[]; here: Here }): JSX.Element {
  const grid = useRef<HTMLUListElement>(null);
  useLayoutEffect(() => {
    const element = grid.current;
    if (!element) return;
    const arrange = (): void => {
      const columns = columnsFor(beds.length, element.clientWidth, element.clientHeight);
      element.style.setProperty('--columns', String(columns));
      element.style.setProperty('--rows', String(Math.ceil(beds.length / columns)));
    };
    const observer = new ResizeObserver(arrange);
    observer.observe(element);
    arrange();
    return () => observer.disconnect();
  }, [beds.length]);
  if (beds.length === 0) return <p class="connecting">{say('board.noBeds')}</p>;
  return (
    <ul class="beds" ref={grid} aria-label={say('board.label')}>
      {inOrder(beds).map((bed) => <BedCard key={bed.id ?? bed.code} bed={bed} here={here} />)}
    </ul>
  );
}
