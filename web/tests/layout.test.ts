import { describe, expect, test } from 'vitest';
import type { BedView } from '../src/graphql/documents';
import { columnsFor, inOrder } from '../src/ward/layout';

const bed = (room: string, code: string): BedView => ({ code, room: { code: room } }) as BedView;

test('beds stand room by room, numbers as people count', () => {
  const beds = [bed('10', '10A'), bed('2', '2B'), bed('2', '2A'), bed('1', '1A')];
  expect(inOrder(beds).map(({ code }) => code)).toEqual(['1A', '2A', '2B', '10A']);
});

describe('columns', () => {
  test.each([
    [48, 1908, 970, 8],
    [40, 1908, 970, 8],
    [35, 1908, 970, 7],
    [12, 1908, 970, 4],
    [48, 1070, 1798, 4],
    [1, 1908, 970, 1],
  ])('%i beds on %i × %i stand in %i columns', (beds, width, height, columns) => {
    expect(columnsFor(beds, width, height)).toBe(columns);
  });

  test('a ward without beds asks for one column', () => {
    expect(columnsFor(0, 1908, 970)).toBe(1);
  });
});
