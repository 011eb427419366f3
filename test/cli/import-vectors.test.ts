// slow: starts the command
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { VectorFileWriter } from '../../src/tensor/index.ts';
import { snapshelf } from '../support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-import-vectors-'));
after(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);
const where = ['--data', at('data'), '--collection', 'shop'];

test('vectors come in by the command line, again from where it stopped, and out', async () => {
  const file = await VectorFileWriter.create(at('v.npy'));
  for (const row of [
    [1, 0],
    [0, 1],
    [1, 1],
  ])
    await file.append(Float32Array.from(row));
  await file.finish();
  writeFileSync(at('items.jsonl'), '{"id":"a","label":"x"}\n{"id":"b"}\n{"id":"/c"}\n');
  const command = ['import-vectors', at('v.npy'), '--items', at('items.jsonl'), ...where];

  const unnamed = await snapshelf(...command);
  assert.equal(unnamed.code, 1);
  assert.match(unnamed.stderr, /collection shop is new\. Name the model .*--vectors-of/);
  const first = await snapshelf(...command, '--vectors-of', 'elsewhere');
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^model: elsewhere/);
  assert.match(
    first.stdout,
    /shop: 2 added, 0 replaced, 0 unchanged, 1 failed\n {2}row 2 \(\/c\): .*\[id-invalid\]/,
  );
  const again = await snapshelf(...command, '--strict');
  assert.equal(again.code, 1);
  assert.match(again.stdout, /0 added, 0 replaced, 2 unchanged, 1 failed/);
  const other = await snapshelf(...command, '--vectors-of', 'another');
  assert.match(other.stderr, /belongs to the model elsewhere .*not to another/);

  const counts = ['--facet', 'label', '--facet', 'id:limit=1', '--facet', 'metadata.price:ranges=2'];
  const found = await snapshelf('search', '--item', 'a', ...where, ...counts);
  assert.equal(found.code, 0, found.stderr);
  assert.match(
    found.stdout,
    /^of 2 products:\n {2}label: x \(1\), no value \(1\)\n {2}id: a \(1\), 1 more value\n {2}metadata\.price: no number \(2\)$/m,
  );
  const nearest = await snapshelf(
    'search',
    '--item',
    'a',
    ...where,
    '--facet',
    'id',
    '--facet-nearest',
    '1',
    '--json',
  );
  const { facets } = JSON.parse(nearest.stdout);
  assert.deepEqual(facets, {
    fields: [{ field: 'id', values: [{ value: 'b', count: 1 }], others: 0, missing: 0 }],
    total: 1,
  });
  const wrong = await snapshelf('search', '--item', 'a', ...where, '--facet', 'label:ranges=');
  assert.match(wrong.stderr, /Expected FIELD, FIELD:limit=N or FIELD:ranges=N/);

  const out = await snapshelf('export-vectors', ...where, '--out', at('out.npy'));
  assert.equal(out.code, 0, out.stderr);
  assert.match(
    out.stdout,
    /wrote 2 vectors of 2 numbers to .*out\.npy, and the items to .*out\.items\.jsonl/,
  );
  assert.equal(readFileSync(at('out.items.jsonl'), 'utf8'), '{"id":"a","label":"x"}\n{"id":"b"}\n');
});
