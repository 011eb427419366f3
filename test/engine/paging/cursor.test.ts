// slow: starts processes
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SearchOptions } from '../../../src/engine/index.ts';
import {
  decodeIdCursor,
  decodeSearchCursor,
  encodeIdCursor,
  encodeSearchCursor,
} from '../../../src/engine/paging/cursor.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import type { Gallery } from '../../../src/gallery/index.ts';
import { item, modelId, openGallery, settings, temporaryFolder } from '../../gallery/support/gallery.ts';
import { repositoryRoot } from '../../support/repository.ts';

const query = Float32Array.of(1, 0);
const three = [item('a', [1, 0]), item('b', [1, 1]), item('c', [0, 1])];
const invalid = { code: 'cursor-invalid' };

async function shop(gallery: Gallery, name = 'shop'): Promise<void> {
  await gallery.create(settings(name, 2));
  await gallery.upsert(name, modelId, three);
}

/** A cursor of a list and one of a search, both after the first of three items. */
async function cursorsOf(gallery: Gallery): Promise<{ listed: string; found: string }> {
  const listed = (await gallery.list('shop', { limit: 1 })).next ?? '';
  const found = (await gallery.search('shop', query, { k: 1, exact: true })).next ?? '';
  return { listed, found };
}

async function assertGoesOn(gallery: Gallery, { listed, found }: { listed: string; found: string }) {
  const page = await gallery.list('shop', { after: listed });
  assert.deepEqual(
    page.items.map(({ id }) => id),
    ['b', 'c'],
  );
  const { hits } = await gallery.search('shop', query, { exact: true, after: found });
  assert.deepEqual(
    hits.map(({ item: { id } }) => id),
    ['b', 'c'],
  );
}

test('cursors hold after a restart and beside a reader, in both directions', async (t) => {
  const directory = await temporaryFolder(t);
  const first = await openGallery(t, { directory });
  await shop(first);
  const old = await cursorsOf(first);
  await first.close();
  const writer = await openGallery(t, { directory });
  const reader = await openGallery(t, { directory, readOnly: true });
  await assertGoesOn(writer, old);
  await assertGoesOn(reader, old);
  await assertGoesOn(writer, await cursorsOf(reader));
  await assertGoesOn(reader, await cursorsOf(writer));
});

test('a cursor of another collection is none, though its items are the same', async (t) => {
  const gallery = await openGallery(t);
  await shop(gallery);
  await shop(gallery, 'twin');
  const { listed, found } = await cursorsOf(gallery);
  await assert.rejects(gallery.list('twin', { after: listed }), invalid);
  await assert.rejects(gallery.search('twin', query, { exact: true, after: found }), invalid);
});

test('a collection of an earlier release gets a key when it is opened for writing; until then one of the process serves', async (t) => {
  const directory = await temporaryFolder(t);
  cpSync(join(repositoryRoot, 'test', 'fixtures', 'gallery', 'data-447a4fb'), directory, { recursive: true });
  const after = async (gallery: Gallery, cursor: string): Promise<string[]> =>
    (await gallery.list('shop', { after: cursor })).items.map(({ id }) => id);
  const reader = await openGallery(t, { directory, readOnly: true });
  const early = (await reader.list('shop', { limit: 1 })).next ?? '';
  assert.deepEqual(await after(reader, early), ['b/c.jpg']);
  const writer = await openGallery(t, { directory });
  await assert.rejects(after(writer, early), invalid);
  const { next } = await writer.list('shop', { limit: 1 });
  assert.deepEqual(await after(reader, next ?? ''), ['b/c.jpg']);
  await writer.close();
  await reader.close();
  const again = await openGallery(t, { directory });
  assert.deepEqual(await after(again, next ?? ''), ['b/c.jpg']);
});

test('a cursor belongs to one request: any part that decides what comes next has to be the same', async (t) => {
  const gallery = await openGallery(t);
  await shop(gallery);
  const whole: SearchOptions = {
    k: 1,
    exact: true,
    group: 'item',
    filter: { field: 'id', in: ['a', 'b', 'c'] },
    exclude: ['x', 'y'],
    minScore: -1,
  };
  const after = (await gallery.search('shop', query, whole)).next ?? '';
  const pages = await gallery.search('shop', query, { ...whole, after });
  assert.deepEqual(
    pages.hits.map(({ item: { id } }) => id),
    ['b'],
  );
  const { filter: _, ...unfiltered } = whole;
  const { exclude: __, ...nothingExcluded } = whole;
  const { minScore: ___, ...anyScore } = whole;
  const others: Record<string, SearchOptions> = {
    'another group': { ...whole, group: 'product' },
    'another filter': { ...whole, filter: { field: 'id', in: ['a', 'b'] } },
    'no filter': unfiltered,
    'one excluded more': { ...whole, exclude: ['x', 'y', 'z'] },
    'one excluded less': { ...whole, exclude: ['x'] },
    'another excluded': { ...whole, exclude: ['x', 'z'] },
    'nothing excluded': nothingExcluded,
    'another score': { ...whole, minScore: -0.5 },
    'any score': anyScore,
  };
  for (const [name, options] of Object.entries(others))
    await assert.rejects(gallery.search('shop', query, { ...options, after }), invalid, name);
  await assert.rejects(gallery.search('shop', Float32Array.of(1, 1e-7), { ...whole, after }), invalid);
  // How many a page holds and how it is found is the caller's choice, page by page.
  for (const free of [{ k: 2 }, { exact: false }, { ef: 7 }, { modelId }])
    await gallery.search('shop', query, { ...whole, ...free, after });
});

test('a cursor of a list is bound to its filter', async (t) => {
  const gallery = await openGallery(t);
  await shop(gallery);
  const filter = { field: 'id', in: ['a', 'b', 'c'] } as const;
  const after = (await gallery.list('shop', { limit: 1, filter })).next ?? '';
  assert.equal((await gallery.list('shop', { limit: 2, filter, after })).items[0]?.id, 'b');
  for (const options of [{}, { filter: { field: 'id', in: ['a', 'b'] } as const }])
    await assert.rejects(gallery.list('shop', { ...options, after }), invalid);
  const found = (await gallery.search('shop', query, { k: 1, exact: true, filter })).next ?? '';
  await assert.rejects(gallery.list('shop', { filter, after: found }), invalid);
});

test('a cursor of a search belongs to the vectors that were searched', async (t) => {
  const gallery = await openGallery(t);
  await shop(gallery);
  const { found } = await cursorsOf(gallery);
  await gallery.beginReembedding('shop', { modelId: 'b'.repeat(64), modelName: 'next', dimension: 2 });
  const pending = await gallery.itemsToReembed('shop', 10);
  await gallery.storeReembedded(
    'shop',
    pending.map(({ id, sequence }) => ({ id, sequence, vector: query })),
  );
  await gallery.commitReembedding('shop');
  await assert.rejects(gallery.search('shop', query, { exact: true, after: found }), invalid);
});

test('whatever is sent as a cursor, a list and a search refuse it or go on where they were', async (t) => {
  const gallery = await openGallery(t);
  await shop(gallery);
  const { listed, found } = await cursorsOf(gallery);
  const bytesOf = (cursor: string): Uint8Array => Buffer.from(cursor, 'base64url');
  const changed = (cursor: string): fc.Arbitrary<string> =>
    fc.tuple(fc.nat(cursor.length - 1), fc.constantFrom(...'Aa0_-=%. é')).map(([at, one]) => {
      return cursor.slice(0, at) + one + cursor.slice(at + 1);
    });
  const flipped = (cursor: string): fc.Arbitrary<string> =>
    fc.tuple(fc.nat(bytesOf(cursor).length - 1), fc.integer({ min: 1, max: 255 })).map(([at, change]) => {
      const bytes = Buffer.from(bytesOf(cursor));
      bytes[at] = (bytes[at] ?? 0) ^ change;
      return bytes.toString('base64url');
    });
  const forged = fc.jsonValue().map((value) => Buffer.from(JSON.stringify(value)).toString('base64url'));
  const any = fc.oneof(
    fc.string(),
    fc.base64String(),
    forged,
    changed(listed),
    changed(found),
    flipped(listed),
    flipped(found),
    fc.constantFrom('', `${listed}=`, `${listed} `, ` ${found}`, listed + found, 'x'.repeat(100_000)),
  );
  await fc.assert(
    fc.asyncProperty(any, async (after) => {
      if (after !== listed) await assert.rejects(gallery.list('shop', { after }), invalid);
      const options: SearchOptions = { exact: true, after };
      if (after !== found) await assert.rejects(gallery.search('shop', query, options), invalid);
    }),
    { numRuns: 600, seed: 13 },
  );
  await assertGoesOn(gallery, { listed, found });
});

test('what is signed is checked all the same', () => {
  const seal = { key: new Uint8Array(32), binding: 'x' };
  const position = { shown: [1, 2], last: { distance: 0.5, id: 'a' } };
  assert.deepEqual(decodeSearchCursor(encodeSearchCursor(seal, position), seal), position);
  assert.equal(decodeIdCursor(encodeIdCursor(seal, 'a/b'), seal), 'a/b');
  const wrong: unknown[] = [
    { ...position, shown: [-1] },
    { ...position, shown: ['1'] },
    { ...position, shown: Array(1001).fill(1) },
    { ...position, last: { distance: -1, id: 'a' } },
    { ...position, last: { distance: Number.NaN, id: 'a' } },
    { ...position, last: { distance: 0, id: '../a' } },
    { ...position, last: { distance: 0, id: '\ud800' } },
    { ...position, last: { distance: 0, id: 5 } },
  ];
  for (const one of wrong)
    assert.throws(() => decodeSearchCursor(encodeSearchCursor(seal, one as never), seal), SnapshelfError);
  for (const id of ['', '../a', 'a\0b', 'x'.repeat(513)])
    assert.throws(() => decodeIdCursor(encodeIdCursor(seal, id), seal), SnapshelfError);
  assert.throws(() => decodeIdCursor(encodeSearchCursor(seal, position), seal), SnapshelfError);
  assert.throws(() => decodeIdCursor(encodeIdCursor(seal, 'a'), { ...seal, binding: 'y' }), SnapshelfError);
});
