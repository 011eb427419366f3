// slow: opens galleries, and kills a process
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Filter, Json } from '../../src/engine/index.ts';
import type { Gallery } from '../../src/gallery/index.ts';
import { checksumOfValues } from '../../src/gallery/storage/checksum.ts';
import { Database } from '../../src/gallery/storage/database.ts';
import { inferFields, readFields } from '../../src/gallery/storage/fields.ts';
import { selectedIds } from '../../src/retrieval/index.ts';
import { seal } from '../gallery/support/crafted.ts';
import { item, modelId, openGallery, settings, temporaryFolder } from '../gallery/support/gallery.ts';

type Metadata = Record<string, Json>;

async function shopOf(
  t: Parameters<typeof openGallery>[0],
  metadata: readonly Metadata[],
  options: { readonly directory?: string } = {},
): Promise<Gallery> {
  const gallery = await openGallery(t, options);
  await gallery.create(settings('shop', 1));
  for (const [i, one] of metadata.entries())
    await gallery.upsert('shop', modelId, [item(`i${i}`, [i + 1], { metadata: one })]);
  return gallery;
}

async function idsFor(gallery: Gallery, filter: Filter): Promise<string[]> {
  const { items } = await gallery.list('shop', { filter });
  return items.map(({ id }) => id);
}

const codes = ['00123', 10123, 4006381333931, '12345678901234567890'];
const codesAsText = ['00123', '10123', '4006381333931', '12345678901234567890'];

test('row codes.csv: codes with text and numbers in one field are all found by their own text', async (t) => {
  const gallery = await shopOf(
    t,
    codes.map((sku) => ({ sku })),
  );
  const everyone = ['i0', 'i1', 'i2', 'i3'];
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.sku', in: codesAsText }), everyone);
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.sku', in: codes }), everyone);
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.sku', equals: 10123 }), ['i1']);
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.sku', equals: 123 }), []);
  assert.deepEqual((await gallery.info('shop')).fields, { sku: 'text' });
  const { items } = await gallery.list('shop');
  assert.deepEqual(
    items.map(({ metadata }) => metadata['sku']),
    codesAsText,
  );
});

test('row codes.csv: a later value of another type makes the field text, which is told, and strict refuses it before anything is stored', async (t) => {
  const gallery = await shopOf(t, [{ sku: 5, sold: true, tags: ['a"', 1], note: null }]);
  const given = [
    item('good', [1], { metadata: { sku: 6 } }),
    item('bad', [1], { metadata: { sku: '006', sold: 'TRUE', tags: 'a' } }),
  ];
  await assert.rejects(gallery.upsert('shop', modelId, given, { strict: true }), {
    code: 'field-type-mismatch',
    details: { field: 'sku', type: 'number', given: 'text', id: 'bad' },
  });
  assert.equal((await gallery.info('shop')).items, 1);
  assert.equal((await gallery.info('shop')).fields['sku'], 'number');
  const { widened, items } = await gallery.upsert('shop', modelId, given);
  assert.deepEqual(widened, [
    { field: 'sku', from: 'number' },
    { field: 'sold', from: 'boolean' },
    { field: 'tags', from: 'list' },
  ]);
  assert.deepEqual(items[0]?.metadata, { sku: '6' });
  const { metadata } = await gallery.get('shop', 'i0');
  assert.deepEqual(metadata, { sku: '5', sold: 'true', tags: '["a\\"",1]', note: null });
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.sku', in: [5, '006'] }), ['bad', 'i0']);
  const again = await gallery.upsert('shop', modelId, [item('late', [1], { metadata: { sku: 7 } })]);
  assert.deepEqual([again.widened, again.items[0]?.metadata], [[], { sku: '7' }]);
});

test('row bigid.jsonl: whole numbers beyond 2^53 are text: found by it, not ordered by it', async (t) => {
  const gallery = await shopOf(t, [{ ean: '9007199254740993' }, { ean: '9007199254740992' }, { n: 1 }]);
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.ean', equals: '9007199254740993' }), ['i0']);
  const refused: Filter[] = [
    { field: 'metadata.ean', lt: 5 },
    { field: 'metadata.ean', gte: '9007199254740993' },
    { field: 'metadata.n', lt: '12345678901234567890' },
    { field: 'metadata.n', lt: 'a' },
  ];
  for (const filter of refused)
    await assert.rejects(idsFor(gallery, filter), { code: 'filter-invalid', message: /^"\w+" .*\.$/ });
});

test('row dotted.csv: a key with dots, quotes, brackets or blanks can be filtered', async (t) => {
  const keys = [
    'price.eur',
    'a.b.c',
    'a"b',
    "it's",
    'a[0]',
    'two words',
    'größe',
    '$',
    '',
    'x\\y',
    '\u2028',
    '__proto__',
  ];
  const gallery = await shopOf(
    t,
    keys.map((key) => Object.fromEntries([[key, 19.9]])),
  );
  for (const [i, key] of keys.entries()) {
    const field = `metadata.${key}`;
    assert.deepEqual(await idsFor(gallery, { field, equals: 19.9 }), [`i${i}`], field);
    assert.deepEqual(await idsFor(gallery, { field, gt: 19, lt: 20 }), [`i${i}`], field);
    assert.deepEqual(await idsFor(gallery, { field, exists: true }), [`i${i}`], field);
  }
  await gallery.upsert('shop', modelId, [
    item('inside', [1], { metadata: { price: { eur: 19.9 }, a: { 'b.c': 1 } } }),
  ]);
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.price.eur', equals: 19.9 }), ['i0', 'inside']);
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.a.b.c', equals: 1 }), ['inside']);
});

test('row codes.csv: equals and in match an element of a list', async (t) => {
  const gallery = await shopOf(t, [
    { tags: ['red', 'wool', 5] },
    { tags: ['blue'] },
    { tags: [] },
    { tags: { a: 'red' } },
  ]);
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.tags', equals: 'red' }), ['i0']);
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.tags', in: ['blue', '5'] }), ['i0', 'i1']);
  assert.deepEqual(await idsFor(gallery, { not: { field: 'metadata.tags', equals: 'red' } }), [
    'i1',
    'i2',
    'i3',
  ]);
  assert.deepEqual((await gallery.info('shop')).fields, { tags: 'list' });
});

test('row nfd: ids, labels and product ids have one spelling; an id is looked up as it is sent, then in that spelling', async (t) => {
  const gallery = await openGallery(t, { directory: await temporaryFolder(t) });
  await gallery.create(settings('shop', 1));
  const composed = 'caf\u00e9/1.jpg';
  const decomposed = 'cafe\u0301/1.jpg';
  const first = await gallery.upsert('shop', modelId, [
    item(decomposed, [1], { label: 'cafe\u0301', productId: 'cafe\u0301' }),
  ]);
  assert.deepEqual(
    first.items.map(({ id, label, productId }) => [id, label, productId]),
    [[composed, 'caf\u00e9', 'caf\u00e9']],
  );
  const { unchanged } = await gallery.upsert('shop', modelId, [
    item(composed, [1], { label: 'caf\u00e9', productId: 'caf\u00e9' }),
  ]);
  assert.equal(unchanged, 1);
  for (const id of [composed, decomposed]) {
    assert.equal((await gallery.get('shop', id)).id, composed);
    assert.deepEqual([...(await gallery.hashes('shop', [id]))], [[id, '']]);
    assert.equal(await gallery.firstMissing('shop', [id]), undefined);
    const { hits } = await gallery.search('shop', Float32Array.of(1), { exclude: [id] });
    assert.deepEqual(hits, []);
  }
  assert.deepEqual(await idsFor(gallery, { field: 'label', equals: 'cafe\u0301' }), [composed]);
  assert.equal((await gallery.update('shop', [{ id: decomposed, label: null }])).updated, 1);
  assert.equal(await gallery.delete('shop', [decomposed]), 1);
});

test('an order of long whole numbers, which are texts, is refused, and names the field', async (t) => {
  const gallery = await shopOf(t, [
    { long: '12345678901234567890', note: 'a', price: 5, size: { eu: 38 } },
    { long: '5', note: 'b', price: 7, size: { eu: '1234567890123456' } },
  ]);
  const refused: Filter[] = [
    { field: 'metadata.long', gt: '5' },
    { field: 'metadata.long', lte: '-1e3' },
    {
      not: {
        or: [
          { field: 'metadata.note', gt: '5' },
          { field: 'metadata.long', gte: '0', lt: '9' },
        ],
      },
    },
    { field: 'metadata.size.eu', gt: 5 },
  ];
  for (const filter of refused) {
    const expected = {
      code: 'filter-invalid',
      message: /^The field "metadata\.(long|size\.eu)" cannot .*\.$/,
    };
    await assert.rejects(idsFor(gallery, filter), expected);
    await assert.rejects(gallery.search('shop', Float32Array.of(1), { filter }), expected);
  }
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.price', gt: 5 }), ['i1']);
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.note', gt: '5' }), ['i0', 'i1']);
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.long', gt: 'a' }), []);
  assert.deepEqual(await idsFor(gallery, { field: 'id', gt: '1' }), ['i0', 'i1']);
  await gallery.delete('shop', ['i0']);
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.long', gte: '5' }), ['i1']);
});

test('a whole number that JavaScript has rounded is refused with its key, and a round one is stored', async (t) => {
  const gallery = await shopOf(t, [
    { mass: 1e20, far: Number('1.2345678901234567e25'), edge: Number.MAX_SAFE_INTEGER },
  ]);
  const rounded = Number('9007199254740993');
  for (const metadata of [{ ean: rounded }, { a: { ean: [1, -rounded] } }, { ean: 2 ** 60 }]) {
    const expected = { code: 'item-invalid', message: /beyond 9007199254740991 as text.*"(a\.)?ean"\.$/ };
    await assert.rejects(gallery.upsert('shop', modelId, [item('x', [1], { metadata })]), expected);
    await assert.rejects(gallery.update('shop', [{ id: 'i0', metadata }]), expected);
  }
  await assert.rejects(idsFor(gallery, { field: 'metadata.ean', equals: rounded }), {
    code: 'filter-invalid',
  });
  assert.deepEqual(await idsFor(gallery, { field: 'metadata.mass', equals: 1e20 }), ['i0']);
});

test('a key with NUL is refused in metadata and in filters', async (t) => {
  const gallery = await shopOf(t, [{ x: 1 }]);
  for (const metadata of [{ 'x\0a': 1, 'x\0b': 2 }, { x: { 'a\0': 1 } }, { x: [{ '\0': null }] }]) {
    const expected = { code: 'item-invalid', message: /NUL character in a key.*\\u0000.*\.$/ };
    await assert.rejects(gallery.upsert('shop', modelId, [item('y', [1], { metadata })]), expected);
    await assert.rejects(gallery.update('shop', [{ id: 'i0', metadata }]), expected);
  }
  for (const field of ['metadata.x\0n', 'metadata.x.\0'])
    await assert.rejects(idsFor(gallery, { field, exists: true }), { code: 'filter-invalid' });
});

test('keys with NUL of earlier releases are kept, have no type, and stop nothing', async (t) => {
  const directory = await temporaryFolder(t);
  const gallery = await shopOf(t, [{ x: 1 }, { y: 'a' }], { directory });
  await gallery.close();
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  const database = new Database(file);
  const old = { 'x\0a': 'text', 'x\0b': [2], big: Number('9007199254740993'), z: 1 };
  database.run("UPDATE items SET metadata = ? WHERE id = 'i1'", JSON.stringify(old));
  inferFields(database);
  assert.deepEqual(
    [...readFields(database)],
    [
      ['big', 'number'],
      ['x', 'number'],
      ['z', 'number'],
    ],
  );
  database.run(
    'INSERT INTO fields SELECT ? || char(0) || ?, ?, ?',
    'x',
    'a',
    'text',
    checksumOfValues(['x', 'text']),
  );
  database.close();
  seal(file);
  const opened = await openGallery(t, { directory });
  const { items } = await opened.update('shop', [{ id: 'i1', metadata: { z: 2 } }]);
  assert.deepEqual(items[0]?.metadata, { ...old, z: 2 });
  const snapshot = join(directory, 'shop.snapshot');
  await opened.snapshot('shop', snapshot);
  await opened.restore('again', snapshot);
  assert.deepEqual((await opened.get('again', 'i1')).metadata, { ...old, z: 2 });
});

test('a filter that lets everything through by its form deletes nothing', async (t) => {
  const gallery = await shopOf(t, [{ a: 1 }, { a: 2 }]);
  const everything: Filter[] = [
    { and: [] },
    { not: { or: [] } },
    { and: [{ and: [] }, { not: { field: 'id', in: [] } }] },
    { or: [{ field: 'metadata.a', equals: 1 }, { and: [] }] },
    { not: { and: [{ field: 'metadata.a', equals: 1 }, { or: [] }] } },
  ];
  for (const filter of everything) {
    await assert.rejects(gallery.delete('shop', filter), {
      code: 'filter-invalid',
      message: /lets every item through.*Nothing was deleted.*\.$/,
    });
    await assert.rejects(selectedIds(gallery, 'shop', { filter }), { code: 'filter-invalid' });
    assert.deepEqual(await idsFor(gallery, filter), ['i0', 'i1']);
  }
  assert.equal(await gallery.delete('shop', { or: [] }), 0);
  assert.equal(await gallery.delete('shop', { and: [{ and: [] }, { field: 'metadata.a', equals: 1 }] }), 1);
  assert.equal(await gallery.delete('shop', { field: 'id', exists: true }), 1);
});

test('row nfd: an item that an earlier release stored in NFD is found by its NFC, and keeps its id', async (t) => {
  const directory = await temporaryFolder(t);
  const composed = 'caf\u00e9/1.jpg';
  const decomposed = 'cafe\u0301/1.jpg';
  const before = await openGallery(t, { directory });
  await before.create(settings('shop', 1));
  await before.upsert('shop', modelId, [item('plain', [1], { productId: 'p', label: 'l' })]);
  await before.close();
  const file = join(directory, 'collections', 'shop', 'catalogue.sqlite');
  const database = new Database(file);
  database.run("UPDATE items SET id = ?, product_id = ?, label = 'cafe\u0301'", decomposed, decomposed);
  database.close();
  seal(file);
  const gallery = await openGallery(t, { directory });
  for (const id of [composed, decomposed]) {
    assert.equal((await gallery.get('shop', id)).id, decomposed);
    assert.deepEqual([...(await gallery.hashes('shop', [id, 'none']))], [[id, '']]);
    assert.equal(await gallery.firstMissing('shop', [id, 'none']), 'none');
    for (const left of [{ exclude: [id] }, { excludeProducts: [id] }])
      assert.deepEqual((await gallery.search('shop', Float32Array.of(1), left)).hits, []);
    assert.deepEqual(await idsFor(gallery, { field: 'productId', equals: id }), [decomposed]);
  }
  assert.deepEqual(await idsFor(gallery, { field: 'label', in: ['caf\u00e9'] }), [decomposed]);
  const { replaced } = await gallery.upsert('shop', modelId, [item(composed, [2])]);
  assert.deepEqual(replaced, [decomposed]);
  assert.equal(await gallery.delete('shop', ['none', composed]), 1);
});
