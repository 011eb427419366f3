import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { indexBytes } from '../../../src/eval/split/temporary-collection.ts';

test('the bytes of an index are those of all its graphs', async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'snapshelf-index-bytes-'));
  t.after(() => rmSync(data, { recursive: true, force: true }));
  for (const [name, graphs] of [
    ['whole', ['index-1']],
    ['divided', ['index-1.0-of-2', 'index-1.1-of-2']],
  ] as const)
    for (const graph of graphs) {
      const folder = join(data, 'collections', name, graph);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'index.vectors'), new Uint8Array(100));
    }
  writeFileSync(join(data, 'collections', 'whole', 'catalogue.sqlite'), new Uint8Array(7));
  assert.deepEqual([await indexBytes(data, 'whole'), await indexBytes(data, 'divided')], [100, 200]);
});
