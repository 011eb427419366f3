import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
// Not from the room's index: it leads to `image`, which would shut SVG for this process.
import { readSource } from '../../src/datasets/sources/read-source.ts';
import { products } from '../../src/demo/catalogue.ts';
import { drawDemo, drawProducts } from '../../src/demo/draw-demo.ts';
import { SnapshelfError } from '../../src/errors.ts';

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

const one = products.slice(0, 1);

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const parent = mkdtempSync(join(tmpdir(), 'snapshelf-demo-'));
  await work(join(parent, 'pictures')).finally(() => rmSync(parent, { recursive: true }));
}

test('a second start keeps what is drawn; another edition is drawn anew', async () => {
  await inFolder(async (folder) => {
    await drawDemo(folder, one);
    const picture = join(folder, 'queries', `${one[0]?.id}.jpg`);
    const marked = new Date(1_000_000);
    utimesSync(picture, marked, marked);
    await drawDemo(folder, one);
    assert.equal(statSync(picture).mtimeMs, marked.getTime());
    writeFileSync(join(folder, 'edition'), 'another');
    await drawDemo(folder, one);
    assert.notEqual(statSync(picture).mtimeMs, marked.getTime());
    assert.deepEqual(readdirSync(join(folder, '..')), ['pictures']);
  });
});

test('what an interrupted start left is cleared away', async () => {
  await inFolder(async (folder) => {
    for (const left of ['.drawing', '.drawing-outdated']) {
      mkdirSync(folder + left);
      writeFileSync(join(folder + left, 'half'), '');
    }
    mkdirSync(folder);
    await drawDemo(`${folder}/`, one);
    assert.ok(existsSync(join(folder, 'catalogue.jsonl')));
    assert.ok(!existsSync(join(folder, 'half')));
    assert.deepEqual(readdirSync(join(folder, '..')), ['pictures']);
  });
});

test("a folder with somebody's files is refused and left alone", async () => {
  await inFolder(async (folder) => {
    mkdirSync(folder);
    writeFileSync(join(folder, 'precious.txt'), 'mine');
    await assert.rejects(
      drawDemo(folder, one),
      (error) => error instanceof SnapshelfError && error.code === 'source-invalid',
    );
    assert.equal(readFileSync(join(folder, 'precious.txt'), 'utf8'), 'mine');
    assert.deepEqual(readdirSync(join(folder, '..')), ['pictures']);
  });
});

test('the manifest is one that indexing reads', async () => {
  await inFolder(async (folder) => {
    const { manifest, pictures } = await drawDemo(folder, one);
    const { samples } = await readSource(manifest);
    assert.equal(samples.length, pictures);
    for (const { path, productId } of samples) {
      assert.ok(existsSync(path));
      assert.equal(productId, one[0]?.id);
    }
  });
});
