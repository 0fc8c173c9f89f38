import { stringifyDocument } from '@urql/core';
import { expect, test } from 'vitest';
import { BedBoardChanged } from '../src/graphql/documents';

// A ward screen may send nothing but what the server knows by its SHA-256, byte for byte.
// After a change of the document: npx vitest run -u
test('the server allows exactly the operation that the ward screen sends', async () => {
  await expect(stringifyDocument(BedBoardChanged)).toMatchFileSnapshot('../../api/operations/BedBoardChanged.graphql');
});
