import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readQueryGallery } from '../../../src/eval/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-query-gallery-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

/** A manifest of pictures that need not exist to be listed. */
function manifest(name: string, rows: readonly string[]): string {
  for (const [row] of rows.entries()) writeFileSync(at(`${row}.jpg`), '');
  writeFileSync(at(name), ['path,label,split', ...rows.map((row, n) => `${n}.jpg,${row}`)].join('\n'));
  return at(name);
}

test('query and gallery follow the splits, and the protocol that is asked for', async () => {
  const both = manifest('both.csv', ['a,query', 'a,gallery', 'b,gallery', 'b,train']);
  const guessed = await readQueryGallery({ sources: [both] });
  assert.deepEqual(
    [guessed.protocol, guessed.queries.length, guessed.gallery?.length],
    ['query-gallery', 1, 2],
  );
  const none = manifest('none.csv', ['a,', 'a,', 'b,']);
  const self = await readQueryGallery({ sources: [none] });
  assert.deepEqual([self.protocol, self.queries.length, self.gallery], ['self', 3, null]);
  const test = await readQueryGallery({ sources: [manifest('test.csv', ['a,test', 'b,train', 'c,test'])] });
  assert.equal(test.queries.length, 2);
  const two = await readQueryGallery({ query: [none], gallery: [both, none] });
  assert.deepEqual([two.queries.length, two.gallery?.length], [3, 7]);
  assert.equal(new Set(two.gallery?.map(({ id }) => id)).size, 7);
});

test('requests that contradict themselves or their sources are refused', async () => {
  const none = manifest('none.csv', ['a,', 'a,']);
  const both = manifest('both.csv', ['a,query', 'a,gallery']);
  await assert.rejects(readQueryGallery({ sources: [none], protocol: 'query-gallery' }), {
    code: 'source-invalid',
  });
  await assert.rejects(readQueryGallery({ sources: [none], protocol: 'in-shop' }), {
    code: 'source-invalid',
  });
  await assert.rejects(readQueryGallery({ sources: [both], protocol: 'self' }), { code: 'source-invalid' });
  await assert.rejects(readQueryGallery({}), RangeError);
  await assert.rejects(readQueryGallery({ query: [none] }), RangeError);
  await assert.rejects(readQueryGallery({ sources: [none], query: [none], gallery: [none] }), RangeError);
  await assert.rejects(readQueryGallery({ query: [none], gallery: [none], protocol: 'sop' }), RangeError);
});
