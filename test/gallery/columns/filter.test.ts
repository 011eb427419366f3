// slow: takes seconds
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { DatabaseSync } from '@photostructure/sqlite';
import fc from 'fast-check';
import type { FieldType, Filter, Item, ItemInput, Json } from '../../../src/engine/index.ts';
import type { Gallery } from '../../../src/gallery/index.ts';
import { item, modelId, openGallery, settings, temporaryFolder } from '../support/gallery.ts';
import { sqlOf } from '../support/sql-filter.ts';

/** What a filter means, in plain JavaScript. */
function matches(filter: Filter, one: Item): boolean {
  if ('and' in filter) return filter.and.every((part) => matches(part, one));
  if ('or' in filter) return filter.or.some((part) => matches(part, one));
  if ('not' in filter) return !matches(filter.not, one);
  const value = valueAt(filter.field, one);
  if ('exists' in filter) return (value !== undefined) === filter.exists;
  if ('equals' in filter) return isOneOf(value, [filter.equals]);
  if ('in' in filter) return isOneOf(value, filter.in);
  if ('prefix' in filter)
    return [value].flat().some((one) => typeof one === 'string' && one.startsWith(filter.prefix));
  const holds = (bound: number | string | undefined, compare: (order: number) => boolean): boolean =>
    bound === undefined || (typeof bound === typeof value && compare(order(value as never, bound as never)));
  return (
    holds(filter.gte, (o) => o >= 0) &&
    holds(filter.gt, (o) => o > 0) &&
    holds(filter.lte, (o) => o <= 0) &&
    holds(filter.lt, (o) => o < 0)
  );
}

/** A value and its text are the same; of a list one element has to be. */
function isOneOf(value: unknown, wanted: readonly unknown[]): boolean {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.some(
    (one) =>
      (one === null || ['string', 'number', 'boolean'].includes(typeof one)) &&
      wanted.some((other) =>
        one === null || other === null ? one === other : String(one) === String(other),
      ),
  );
}

/** True if a bound of the filter has another type than its field, or long numbers that are texts would have to be ordered. */
function isRefused(filter: Filter, fields: Fields, items: readonly Item[]): boolean {
  if ('and' in filter) return filter.and.some((part) => isRefused(part, fields, items));
  if ('or' in filter) return filter.or.some((part) => isRefused(part, fields, items));
  if ('not' in filter) return isRefused(filter.not, fields, items);
  const key = filter.field.replace(/^metadata\./, '');
  const type = key === filter.field ? 'text' : Object.hasOwn(fields, key) ? fields[key] : undefined;
  if ('prefix' in filter) return type === 'number' || type === 'boolean';
  const bounds = Object.entries(filter).filter(([name]) => /^[gl]te?$/.test(name));
  if (
    type !== undefined &&
    bounds.some(([, bound]) => type !== (typeof bound === 'number' ? 'number' : 'text'))
  )
    return true;
  if (new Set(bounds.map(([, bound]) => typeof bound)).size > 1) return true;
  const isNumeric = bounds.some(([, bound]) => String(bound).trim() !== '' && Number.isFinite(Number(bound)));
  if (!isNumeric || key === filter.field || (type === 'number' && !key.includes('.'))) return false;
  const isLong = (value: unknown): boolean => typeof value === 'string' && /^-?[1-9]\d{15,}$/.test(value);
  return items.some((one) => isLong(valueAt(filter.field, one)));
}

type Fields = Readonly<Record<string, FieldType>>;

/** Numbers by value, strings by code point (which is the order of their UTF-8 bytes). */
const order = (a: number | string, b: number | string): number =>
  typeof a === 'string' ? Buffer.compare(Buffer.from(a), Buffer.from(String(b))) : a - Number(b);

function valueAt(field: string, one: Item): unknown {
  const [root = '', ...keys] = field.split('.');
  if (root !== 'metadata') return (one as unknown as Record<string, unknown>)[root] ?? undefined;
  return valueBelow(one.metadata, keys);
}

/** The value of the longest key that is there, or of one in it. */
function valueBelow(value: unknown, keys: readonly string[]): unknown {
  if (keys.length === 0) return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  for (let n = keys.length; n > 0; n -= 1) {
    const key = keys.slice(0, n).join('.');
    const found = Object.hasOwn(value, key)
      ? valueBelow((value as Record<string, unknown>)[key], keys.slice(n))
      : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

// Few values, so that filters often meet them.
const key = fc.constantFrom('a', 'b', 'ü', 'two words', '0', '__proto__');
const scalar = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    false,
    0,
    1,
    -1,
    2.5,
    1e21,
    5e-324,
    '',
    'a',
    'b',
    '1',
    'true',
    'é"\\',
    '😀',
    '😀b',
    '\uffff',
    'a\0b',
    'ab',
    '-12345678901234567',
  ),
  fc.integer({ min: -3, max: 3 }),
);
const bound = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(1e21, 0.5, '', 'a', 'b', '😀', '\uffff'),
);
const list = fc.array(fc.oneof(scalar, fc.constant<Json>({ a: 1 }), fc.constant<Json>(['a'])), {
  maxLength: 3,
});
const value = fc.oneof(scalar, fc.dictionary(key, fc.oneof(scalar, list)), list);
const mixed = fc.dictionary(key, value as fc.Arbitrary<Json>, { maxKeys: 4, noNullPrototype: true });
/** Fields of one type each, and keys that no path without quotes could name. */
const typed = fc.record(
  {
    n: fc.integer({ min: -3, max: 3 }),
    s: fc.constantFrom('', 'a', 'b', '1', '😀'),
    'n.s': fc.boolean(),
    'q"[0]': fc.array(scalar, { maxLength: 2 }) as fc.Arbitrary<Json>,
  },
  { requiredKeys: [] },
);
const metadata = fc
  .tuple(mixed, typed)
  .map(([some, others]) =>
    Object.fromEntries([some, others].flatMap((part) => Object.entries<Json>(part as Record<string, Json>))),
  );
const field = fc.oneof(
  fc.constantFrom('id', 'label', 'productId', 'split'),
  fc.constantFrom('metadata.n', 'metadata.s', 'metadata.n.s', 'metadata.q"[0]', 'metadata.a.b.0.ü'),
  key.map((one) => `metadata.${one}`),
  fc.tuple(key, key).map(([one, two]) => `metadata.${one}.${two}`),
);
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ field, equals: scalar }),
  fc.record({ field, in: fc.array(scalar, { maxLength: 4 }) }),
  fc.record({ field, exists: fc.boolean() }),
  fc.record({ field, prefix: fc.constantFrom('', 'a', 'b', 'i1', '😀', '\ud83d\ude00b', '-') }),
  fc.record({ field, gte: bound }),
  fc.record({ field, gt: bound, lte: bound }),
  fc.record({ field, lt: bound }),
);
const { filter } = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.record({ and: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ or: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ not: tie('filter') }),
  ),
}));
const input: fc.Arbitrary<Partial<ItemInput>> = fc.record(
  {
    metadata,
    label: fc.constantFrom('a', 'b', ''),
    productId: fc.constantFrom('a', 'b'),
    split: fc.constantFrom('train', 'query'),
  },
  { requiredKeys: [] },
);

test('columns, SQL over the JSON of each row, and plain JavaScript agree on every filter, whatever was written', async (t) => {
  const directory = await temporaryFolder(t);
  const gallery = await openGallery(t, { directory });
  await gallery.create(settings('shop', 1));
  const database = new DatabaseSync(join(directory, 'collections', 'shop', 'catalogue.sqlite'), {
    readOnly: true,
  });
  t.after(() => database.close());
  const idsFor = async (one: Filter): Promise<string[]> =>
    (await gallery.list('shop', { limit: 1000, filter: one })).items.map(({ id }) => id);
  const idsBySql = (one: Filter): unknown[] => {
    const { sql, values } = sqlOf(one);
    return database
      .prepare(`SELECT id FROM items WHERE ${sql} ORDER BY id`)
      .all(...values)
      .map(({ id }) => id);
  };
  const inputs = fc.sample(input, { numRuns: 360, seed: 7 }).map((rest, i) => item(`i${i % 150}`, [1], rest));
  const filters = fc.sample(filter, { numRuns: 600, seed: 11 });
  let refused = 0;
  for (let round = 0; round < 6; round += 1) {
    await change(gallery, inputs.slice(60 * round, 60 * round + 60), round);
    const { items } = await gallery.list('shop', { limit: 1000 });
    const { fields } = await gallery.info('shop');
    for (const one of filters.slice(100 * round, 100 * round + 100)) {
      if (isRefused(one, fields, items)) {
        refused += 1;
        await assert.rejects(idsFor(one), { code: 'filter-invalid' });
        continue;
      }
      const wanted = items.filter((candidate) => matches(one, candidate)).map(({ id }) => id);
      const found = await idsFor(one);
      assert.deepEqual(found, wanted, JSON.stringify(one));
      assert.deepEqual(found, idsBySql(one), JSON.stringify(one));
      assert.equal((await idsFor({ not: one })).length, items.length - wanted.length);
    }
  }
  assert.ok(refused < 200, `${refused} of 600 were refused`);
});

/** Adds and replaces items, changes fields of some in their place, and deletes others; fields become text at times. */
async function change(gallery: Gallery, inputs: readonly ItemInput[], round: number): Promise<void> {
  await gallery.upsert('shop', modelId, inputs);
  const changes = inputs.flatMap(({ id }, i) => {
    const { metadata, label, split } = inputs[inputs.length - 1 - i] ?? {};
    return i % 3 === 0 ? [{ id, metadata, label, split }] : [];
  });
  await gallery.update('shop', changes, { replaceMetadata: round % 2 === 0 });
  await gallery.delete(
    'shop',
    inputs.filter((_, i) => i % 7 === round).map(({ id }) => id),
  );
}

test('a listing under a filter pages through everything once', async (t) => {
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 1));
  const inputs = Array.from({ length: 5000 }, (_, i) =>
    item(`i${(i * 7919) % 5000}`, [1], { metadata: { i } }),
  );
  await gallery.upsert('shop', modelId, inputs);
  const seen: string[] = [];
  const wanted: Filter = { field: 'metadata.i', gte: 1000 };
  for (let after: string | undefined, more = true; more; ) {
    const page = await gallery.list('shop', { limit: 700, filter: wanted, after });
    seen.push(...page.items.map(({ id }) => id));
    more = page.next !== null;
    after = page.next ?? undefined;
  }
  assert.deepEqual(
    seen,
    inputs
      .slice(1000)
      .map(({ id }) => id)
      .sort(),
  );
});

test('malformed filters are refused', async (t) => {
  const gallery: Gallery = await openGallery(t);
  await gallery.create(settings('shop', 1));
  const nested = (depth: number): Filter => (depth === 0 ? { and: [] } : { not: nested(depth - 1) });
  const malformed: unknown[] = [
    null,
    'x',
    [],
    {},
    { field: 'label' },
    { field: 'price', equals: 1 },
    { field: 'metadata', equals: 1 },
    { field: 'metadata', exists: true },
    { field: `metadata.${'a'.repeat(5000)}`, equals: 1 },
    { or: Array(40).fill({ field: 'metadata.a.b.c.d.e', equals: 1 }) },
    { field: 'label', gt: 1 },
    { field: 'metadata.a', gt: '12345678901234567890' },
    { field: 'constructor', equals: 1 },
    { field: 'label', equals: {} },
    { field: 'label', equals: 'a', in: [] },
    { field: 'label', matches: 'a' },
    { field: 'label', in: 'a' },
    { field: 'label', in: Array(1001).fill('a') },
    { or: Array(40).fill({ field: 'label', in: Array(1000).fill('a') }) },
    { or: Array(11).fill({ field: 'metadata.a', in: Array(910).fill(1) }) },
    { field: 'label', exists: 1 },
    { field: 'label', prefix: 1 },
    { field: 'label', prefix: 'a', equals: 'a' },
    { field: 'label', prefix: 'a'.repeat(4097) },
    { field: 'label', gte: null },
    { field: 'metadata.unknown', gt: 'a', lte: 5 },
    { and: {} },
    { and: [], or: [] },
    { and: Array(300).fill({ and: [] }) },
    nested(20),
  ];
  for (const one of malformed)
    await assert.rejects(
      gallery.list('shop', { filter: one as Filter }),
      { code: 'filter-invalid' },
      String(one),
    );
});

test('10,000 values in lists are looked for, and a text is never cut at a NUL', async (t) => {
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 1));
  await gallery.upsert('shop', modelId, [
    item('a', [1], { label: 'red', metadata: { a: 9999, b: 'red\0', c: 'red' } }),
  ]);
  const idsFor = async (filter: Filter): Promise<string[]> =>
    (await gallery.list('shop', { filter })).items.map(({ id }) => id);
  const lists = Array.from({ length: 10 }, (_, list) => ({
    field: 'metadata.a',
    in: Array.from({ length: 1000 }, (_, at) => 1000 * list + at),
  }));
  assert.deepEqual(await idsFor({ or: lists }), ['a']);
  assert.deepEqual(await idsFor({ or: lists.slice(0, 9) }), []);
  assert.deepEqual(await idsFor({ field: 'metadata.a', in: ['9999.0', '9998'] }), []);
  assert.deepEqual(await idsFor({ field: 'label', in: ['red\0', 'red\0x'] }), []);
  assert.deepEqual(await idsFor({ field: 'label', equals: 'red\0' }), []);
  assert.deepEqual(await idsFor({ field: 'metadata.b', equals: 'red\0' }), ['a']);
  assert.deepEqual(await idsFor({ field: 'metadata.b', equals: 'red' }), []);
  assert.deepEqual(await idsFor({ field: 'metadata.c', equals: 'red\0' }), []);
});

test('a field that becomes text is compared as text from then on', async (t) => {
  const gallery = await openGallery(t);
  await gallery.create(settings('shop', 1));
  const idsFor = async (filter: Filter): Promise<string[]> =>
    (await gallery.list('shop', { filter })).items.map(({ id }) => id);
  await gallery.upsert('shop', modelId, [item('a', [1], { metadata: { size: 10 } })]);
  assert.deepEqual(await idsFor({ field: 'metadata.size', gte: 9 }), ['a']);
  await gallery.upsert('shop', modelId, [item('b', [1], { metadata: { size: 'XL' } })]);
  assert.deepEqual(await idsFor({ field: 'metadata.size', prefix: '1' }), ['a']);
  assert.deepEqual(await idsFor({ field: 'metadata.size', lt: '9' }), ['a']);
});
