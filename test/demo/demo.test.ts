import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { products } from '../../src/demo/catalogue.ts';
import { drawProducts } from '../../src/demo/draw-demo.ts';

const hashes = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const bytes = readFileSync(join(entry.parentPath, entry.name));
      return `${entry.name} ${createHash('sha256').update(bytes).digest('hex')}`;
    })
    .sort();

test('there are at least 60 products, each with its own look and id', () => {
  assert.ok(products.length >= 60, `${products.length}`);
  assert.equal(new Set(products.map(({ id }) => id)).size, products.length);
  const looks = products.map(({ drawing, paint }) => JSON.stringify([drawing.kind, paint]));
  assert.equal(new Set(looks).size, products.length);
});

test('the same pictures are drawn every time, several a product and a query each', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-demo-'));
  const few = products.filter((_, number) => number % 23 === 0);
  await drawProducts(join(folder, 'a'), few);
  await drawProducts(join(folder, 'b'), few);
  const drawn = hashes(join(folder, 'a'));
  assert.deepEqual(drawn, hashes(join(folder, 'b')));
  assert.equal(new Set(drawn.map((line) => line.split(' ')[1])).size, drawn.length);
  assert.equal(readdirSync(join(folder, 'a', 'queries')).length, few.length);
  const manifest = readFileSync(join(folder, 'a', 'catalogue.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  assert.equal(manifest.length, 4 * few.length);
  rmSync(folder, { recursive: true });
});
