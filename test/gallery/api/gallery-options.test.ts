import { equal, rejects } from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Gallery } from '../../../src/gallery/index.ts';
import { Retriever } from '../../../src/retrieval/index.ts';
import { temporaryFolder } from '../support/gallery.ts';

const wrong = [
  [{ indexThreads: 65 }, 'indexThreads must be a whole number from 0 to 64, not 65.'],
  [{ indexThreads: 1.5 }, 'indexThreads must be a whole number from 0 to 64, not 1.5.'],
  [{ scanThreads: 17 }, 'scanThreads must be a whole number from 0 to 16, not 17.'],
  [{ scanThreads: -1 }, 'scanThreads must be a whole number from 0 to 16, not -1.'],
] as const;

test('numbers of threads out of range are refused before anything is made, by a retriever too', async (t) => {
  const directory = join(await temporaryFolder(t), 'data');
  for (const [options, message] of wrong) {
    await rejects(Gallery.open(directory, options), new RangeError(message));
    await rejects(Retriever.open(directory, options), new RangeError(message));
  }
  equal(existsSync(directory), false);
});
