// slow: takes several seconds
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Json, SearchOptions } from '../../../src/engine/index.ts';
import type { Gallery } from '../../../src/gallery/index.ts';
import { Database } from '../../../src/gallery/storage/database.ts';
import { seal } from '../../gallery/support/crafted.ts';
import {
  eager,
  indexed,
  item,
  modelId,
  openGallery,
  settings,
  temporaryFolder,
} from '../../gallery/support/gallery.ts';

/** 1,000 values in nearly 64 KiB: what an item may have. */
const largest = (): Record<string, Json> =>
  Object.fromEntries(Array.from({ length: 999 }, (_, at) => [`k${at}`, 'x'.repeat(54)]));
/** Some 32,000 values in 64 KiB: what an item could have once. */
const old = `{"a":[${'0,'.repeat(32_000)}0]}`;
const count = 60;

/** Pages of at most a megabyte and 100,000 values of metadata. */
function assertBounded(pages: readonly (readonly { readonly metadata: object }[])[]): void {
  for (const page of pages) {
    const texts = page.map(({ metadata }) => JSON.stringify(metadata));
    const bytes = texts.reduce((sum, text) => sum + text.length, 0);
    const values = texts.reduce((sum, text) => sum + (text.match(/[,[{]/g)?.length ?? 0), 0);
    assert.ok(page.length === 1 || (bytes <= 2 ** 20 && values <= 100_000), `${bytes} ${values}`);
    assert.ok(page.length > 0);
  }
}

async function fill(gallery: Gallery): Promise<string[]> {
  await gallery.create(settings('shop', 2));
  const items = Array.from({ length: count }, (_, at) =>
    item(`i${String(at).padStart(2, '0')}`, [Math.cos(at), Math.sin(at)], {
      metadata: largest(),
      productId: `p${at % 30}`,
    }),
  );
  await gallery.upsert('shop', modelId, items);
  return items.map(({ id }) => id);
}

async function listAll(gallery: Gallery) {
  const pages = [];
  for (let after: string | undefined, more = true; more; ) {
    const page = await gallery.list('shop', { limit: 1000, after });
    pages.push(page.items);
    more = page.next !== null;
    after = page.next ?? undefined;
  }
  return pages;
}

async function searchAll(gallery: Gallery, options: SearchOptions) {
  const query = Float32Array.of(1, 0.2);
  const pages = [];
  for (let after: string | undefined, more = true; more; ) {
    const answer = await gallery.search('shop', query, { ...options, after });
    pages.push(answer.hits.map(({ item: found }) => found));
    more = answer.next !== null;
    after = answer.next ?? undefined;
  }
  return pages;
}

const idsOf = (pages: readonly (readonly { readonly id: string }[])[]): string[] =>
  pages.flat().map(({ id }) => id);

test('a page of a list ends before its metadata is too much, and the next goes on behind it', async (t) => {
  const gallery = await openGallery(t);
  const ids = await fill(gallery);
  const pages = await listAll(gallery);
  assertBounded(pages);
  assert.ok(pages.length >= 4, `${pages.length}`);
  assert.deepEqual(idsOf(pages), ids);
});

for (const group of ['item', 'product'] as const)
  test(`so does a page of answers, exact or from the index: by ${group}`, async (t) => {
    const gallery = await openGallery(t, { exactSearchLimits: eager });
    await fill(gallery);
    await indexed(gallery, 'shop');
    const whole = await searchAll(gallery, { group, k: 5, exact: true });
    for (const exact of [true, false]) {
      const pages = await searchAll(gallery, { group, k: 1000, exact });
      assertBounded(pages);
      assert.ok(pages.length > 1);
      const ids = idsOf(pages);
      assert.equal(new Set(ids).size, ids.length, 'none twice');
      assert.equal(ids.length, group === 'item' ? count : 30);
      if (exact) assert.deepEqual(ids, idsOf(whole));
    }
  });

test('metadata of earlier releases, of 32,000 values, fits into pages too', async (t) => {
  const directory = await temporaryFolder(t);
  const gallery = await openGallery(t, { directory });
  const ids = await fill(gallery);
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  const database = new Database(file);
  database.run('UPDATE items SET metadata = ?', old);
  database.close();
  seal(file);
  const pages = await listAll(gallery);
  assertBounded(pages);
  assert.deepEqual(idsOf(pages), ids);
  const found = await searchAll(gallery, { group: 'item', k: 1000 });
  assertBounded(found);
  assert.deepEqual(idsOf(found).sort(), ids);
  await gallery.beginReembedding('shop', { modelId: 'b'.repeat(64), modelName: 'next', dimension: 1 });
  const pending = await gallery.itemsToReembed('shop', 50);
  assertBounded([pending]);
});

test('ids, products and labels count too: an id stands in three addresses, nine bytes for each of its characters', async (t) => {
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 2));
  const long = '\u6f22'.repeat(508);
  const items = Array.from({ length: 300 }, (_, at) =>
    item(`${String(at).padStart(4, '0')}${long}`, [Math.cos(at), Math.sin(at)], {
      productId: long + at,
      label: long,
    }),
  );
  await gallery.upsert('shop', modelId, items);
  const answerBytes = (page: readonly { readonly id: string }[]): number =>
    Buffer.byteLength(JSON.stringify(page)) +
    3 * page.reduce((sum, { id }) => sum + encodeURIComponent(id).length, 0);
  for (const pages of [
    await listAll(gallery),
    await searchAll(gallery, { group: 'item', k: 1000, exact: true }),
  ]) {
    assert.equal(new Set(idsOf(pages)).size, 300);
    for (const page of pages) assert.ok(answerBytes(page) < 1.2 * 2 ** 20, `${answerBytes(page)}`);
    assert.ok(pages.length < 10, 'and pages are no smaller than they need to be');
  }
});

test('an item has at most 1,000 values of metadata', async (t) => {
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 1));
  const store = (metadata: Record<string, Json>) =>
    gallery.upsert('shop', modelId, [item('a', [1], { metadata })]);
  await store({ a: Array<Json>(998).fill({}) });
  for (const metadata of [
    { a: Array<Json>(999).fill({}) },
    { a: [Array<Json>(998).fill(1)] },
    { a: Array<Json>(1e6).fill(0) },
  ])
    await assert.rejects(store(metadata), { code: 'item-invalid', message: /at most 1000 values/ });
});

test('statements let go of what was bound to them', async (t) => {
  const database = new Database(join(await temporaryFolder(t), 'x.sqlite'));
  const text = 'x'.repeat(20e6);
  const before = process.memoryUsage().rss;
  for (let one = 0; one < 60; one += 1) {
    const sql = `SELECT length(?) AS length, ${one} AS one`;
    assert.equal(database.get<{ length: number }>(sql, text)?.length, text.length);
    database.query<{ length: number }>(sql).each([text], (row) => row.length === text.length);
  }
  const grown = (process.memoryUsage().rss - before) / 1e6;
  database.close();
  assert.ok(grown < 600, `${grown.toFixed(0)} MB, of 1,200 that were bound`);
});

test('a query gives its rows until it is told to stop, and can be asked again', async (t) => {
  const database = new Database(join(await temporaryFolder(t), 'x.sqlite'));
  const query = database.query<{ value: number }>('SELECT value FROM json_each(?) ORDER BY value');
  for (let round = 0; round < 3; round += 1) {
    const seen: number[] = [];
    query.each(['[3,1,2]'], ({ value }) => seen.push(value) < 2);
    assert.deepEqual(seen, [1, 2]);
  }
  assert.deepEqual(
    query.all(['[5,4]']).map(({ value }) => value),
    [4, 5],
  );
  database.close();
});
