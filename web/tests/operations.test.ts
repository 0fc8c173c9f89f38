import { stringifyDocument } from '@urql/core';
import { expect, test } from 'vitest';
import { AlarmsChanged, BedBoardChanged, BindDevice } from '../src/graphql/documents';

// A ward screen may send nothing but what the server knows by its SHA-256, byte for byte.
// After a change of a document: npx vitest run -u
test.each(Object.entries({ AlarmsChanged, BedBoardChanged, BindDevice }))('the server allows %s as the ward screen sends it', async (name, document) => {
  await expect(stringifyDocument(document)).toMatchFileSnapshot(`../../api/operations/${name}.graphql`);
});
