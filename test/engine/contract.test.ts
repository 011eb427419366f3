// slow: takes several seconds
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Capability, Engine, Filter, ItemInput, SearchOptions } from '../../src/engine/index.ts';
import { SnapshelfError } from '../../src/errors.ts';
import { sha256 } from '../../src/files/index.ts';
import { randomNumbers } from '../../src/random.ts';
import type { Metric } from '../../src/vectors/index.ts';
import {
  badItems,
  dimension,
  drawItems,
  filters,
  item,
  modelId,
  settings,
  softmax,
} from './support/contract-items.ts';
import { engines } from './support/engines.ts';
import { expectedOrder, passes } from './support/oracle.ts';

// What everything above an engine relies on. A further engine is a further row of the table in support/engines.ts.

const code = (expected: string) => (error: unknown) => {
  assert.ok(error instanceof SnapshelfError, String(error));
  assert.equal(error.code, expected, error.message);
  return true;
};

/** Reads all pages of a search. */
async function allPages(engine: Engine, name: string, query: Float32Array, options: SearchOptions) {
  const pages = [await engine.search(name, query, options)];
  for (let next = pages[0]?.next; next; next = pages.at(-1)?.next)
    pages.push(await engine.search(name, query, { ...options, after: next }));
  return pages;
}

for (const { name: engineName, capabilities, missing, open } of engines)
  describe(engineName, { skip: missing ?? false }, () => {
    const random = randomNumbers(1);
    let engine: Engine;
    let close: () => Promise<void>;
    let items: ItemInput[];

    const vectorFor = (metric: Metric): Float32Array => {
      const numbers = Array.from({ length: dimension }, () => random() - 0.5);
      return Float32Array.from(metric.startsWith('weak') ? softmax(numbers) : numbers);
    };
    const idsOf = (hits: readonly { readonly item: { readonly id: string } }[]): string[] =>
      hits.map((hit) => hit.item.id);
    /** Waits until searches see what was written: no time at all, where that is declared. */
    const isFound = async (look: () => Promise<boolean>): Promise<void> => {
      let seen = await look();
      for (let tries = 0; !seen && !capabilities.foundAtOnce && tries < 100; tries += 1) {
        await sleep(50);
        seen = await look();
      }
      assert.ok(seen, 'a search does not see what was written');
    };
    /** Waits until the index has caught up, so that searches go by it where they may. */
    const indexed = async (name: string): Promise<void> => {
      while ((await engine.info(name)).index.state !== 'ready') await sleep(5);
    };
    /** Does what needs a capability, or shows that it is refused. Returns undefined in that case. */
    const can = async <T>(capability: Capability, work: () => Promise<T>): Promise<T | undefined> => {
      if (capabilities[capability]) return work();
      if (process.env['SNAPSHELF_TELL_REFUSED']) console.log(`refused: ${capability}`);
      await assert.rejects(work, (error: unknown) => {
        code('engine-cannot')(error);
        assert.deepEqual((error as SnapshelfError).details?.['capability'], capability);
        return true;
      });
      return undefined;
    };
    const exact: SearchOptions = capabilities.exactPerQuery ? { exact: true } : {};

    before(async () => {
      ({ engine, close } = await open());
      await engine.create(settings('shop'));
      items = drawItems(240, random);
      await engine.upsert('shop', modelId, items);
      await indexed('shop');
    });
    after(() => close());

    test('it declares what the table says, and refuses the metrics that it does not name', async () => {
      assert.deepEqual(engine.capabilities, capabilities);
      assert.equal(engine.isAlive, true);
      assert.deepEqual(await engine.damaged(), []);
      for (const metric of ['cosine', 'l2', 'weak', 'weak-metric'] as const) {
        if (engine.metrics.includes(metric)) continue;
        await assert.rejects(engine.create(settings('other', metric)), code('engine-cannot'));
      }
    });

    test('a collection is made once, described, listed and dropped', async () => {
      const made = await engine.create(settings('made'));
      assert.deepEqual(
        [made.name, made.modelId, made.dimension, made.metric],
        ['made', modelId, dimension, 'cosine'],
      );
      assert.deepEqual([made.items, made.products, made.storeImages], [0, 0, true]);
      // What it takes of memory may change at any time.
      const again = await engine.create(settings('made'));
      assert.deepEqual({ ...again, memory: undefined }, { ...made, memory: undefined });
      await assert.rejects(engine.create({ ...settings('made'), dimension: 5 }), code('collection-exists'));
      await assert.rejects(engine.create(settings('No Name')), code('id-invalid'));
      await assert.rejects(engine.create({ ...settings('zero'), dimension: 0 }), RangeError);
      assert.deepEqual(
        (await engine.collections()).map(({ name }) => name),
        ['made', 'shop'],
      );
      await engine.drop('made');
      for (const call of [
        () => engine.info('made'),
        () => engine.drop('made'),
        () => engine.get('made', 'a'),
        () => engine.list('made'),
        () => engine.upsert('made', modelId, [item('a', [1, 0, 0, 0])]),
        () => engine.search('made', vectorFor('cosine')),
      ])
        await assert.rejects(call, code('collection-not-found'));
    });

    test('an item is got at once as it was written; what is there just so stays as it is', async () => {
      await engine.create(settings('written'));
      const image = Buffer.from('a picture');
      const hash = sha256(image);
      const given = item('caf\u00e9/1', [1, 2, 3, 4], {
        productId: 'p',
        label: 'cups',
        split: 'query',
        metadata: { price: 1.5, list: ['a', 1], deep: { x: null } },
        imageHash: hash,
        image,
        imageType: 'image/png',
        thumbnail: Buffer.from('small'),
      });
      const first = await engine.upsert('written', modelId, [given, item('b', [0, 0, 0, 1])]);
      assert.deepEqual([first.changes, first.added, first.replaced], [['added', 'added'], 2, []]);
      const stored = await engine.get('written', 'cafe\u0301/1');
      assert.deepEqual(stored, first.items[0]);
      const { id, productId, label, split, metadata, hasImage, hasThumbnail, imageHash } = stored;
      assert.deepEqual(
        { id, productId, label, split, metadata },
        { id: given.id, productId: 'p', label: 'cups', split: 'query', metadata: given.metadata },
      );
      assert.deepEqual([hasImage, hasThumbnail, imageHash], [true, true, hash]);
      assert.equal((await engine.get('written', 'b')).productId, 'b');
      const again = await engine.upsert('written', modelId, [given, item('b', [0, 0, 1, 1])]);
      assert.deepEqual(
        [again.changes, again.replaced, again.unchanged],
        [['unchanged', 'replaced'], ['b'], 1],
      );
      assert.equal(again.items[0]?.sequence, stored.sequence);
      for (const change of [
        { thumbnail: Uint8Array.of(9) },
        { label: 'x' },
        { imageHash: 'c'.repeat(64) },
        { image: undefined },
        { metadata: {} },
      ]) {
        const { replaced } = await engine.upsert('written', modelId, [{ ...given, ...change }]);
        assert.deepEqual(replaced, [given.id], JSON.stringify(change));
      }
      await engine.upsert('written', modelId, [given]);
      const info = await engine.info('written');
      assert.deepEqual([info.items, info.products, info.fields['price']], [2, 2, 'number']);
      assert.deepEqual(Buffer.from((await engine.image('written', id)).bytes), image);
      const picture = await engine.picture('written', id);
      assert.deepEqual([picture.byteLength, picture.mediaType], [image.length, 'image/png']);
      const parts: Uint8Array[] = [];
      for await (const part of engine.pictureParts('written', picture)) parts.push(part);
      assert.deepEqual(Buffer.concat(parts), image);
      assert.equal(String(Buffer.from((await engine.thumbnail('written', id)).bytes)), 'small');
      await assert.rejects(engine.image('written', 'b'), code('image-not-stored'));
      await assert.rejects(engine.get('written', 'none'), code('item-not-found'));
    });

    test('of a write that is refused nothing is stored, and the error says why', async () => {
      await engine.create(settings('refused'));
      const good = item('good', [1, 0, 0, 0], { metadata: { price: 1 } });
      const {
        items: [stored],
      } = await engine.upsert('refused', modelId, [good]);
      const write = (bad: ItemInput, options = {}) =>
        engine.upsert('refused', modelId, [item('new', [1, 1, 1, 1]), bad], options);
      for (const [why, bad] of badItems) await assert.rejects(write(bad), code(why));
      await assert.rejects(
        write(item('x', [1, 0, 0, 0], { metadata: { price: 'dear' } }), { strict: true }),
        code('field-type-mismatch'),
      );
      await assert.rejects(engine.upsert('refused', 'b'.repeat(64), [good]), code('model-mismatch'));
      await assert.rejects(
        engine.upsert('refused', modelId, [good], { expected: 'none' }),
        code(capabilities.transactions ? 'item-changed' : 'engine-cannot'),
      );
      assert.deepEqual(await engine.ids('refused'), ['good']);
      assert.deepEqual(await engine.get('refused', 'good'), stored);
      const widened = await write(item('x', [1, 0, 0, 0], { metadata: { price: 'dear' } }));
      assert.deepEqual(widened.widened, [{ field: 'price', from: 'number' }]);
      assert.deepEqual((await engine.get('refused', 'good')).metadata, { price: '1' });
    });

    test('an update merges fields and leaves the vector, the picture and the place', async () => {
      await engine.create(settings('updated'));
      const given = item('a', [1, 2, 3, 4], {
        label: 'x',
        metadata: { keep: 1, gone: 2 },
        imageHash: 'f'.repeat(64),
        image: Buffer.from('it'),
      });
      const {
        items: [stored],
      } = await engine.upsert('updated', modelId, [given]);
      const change = { id: 'a', label: null, productId: 'p', metadata: { gone: null, more: true } };
      const {
        changes,
        items: [changed],
      } = await engine.update('updated', [change]);
      assert.deepEqual([changes, changed?.label, changed?.productId], [['updated'], null, 'p']);
      assert.deepEqual(changed?.metadata, { keep: 1, more: true });
      assert.deepEqual([changed?.sequence, changed?.hasImage], [stored?.sequence, true]);
      assert.deepEqual((await engine.update('updated', [change])).changes, ['unchanged']);
      const replaced = await engine.update('updated', [{ id: 'a', metadata: { only: 1 } }], {
        replaceMetadata: true,
      });
      assert.deepEqual(replaced.items[0]?.metadata, { only: 1 });
      await assert.rejects(
        engine.update('updated', [{ id: 'a', label: 'y' }, { id: 'none' }]),
        code('item-not-found'),
      );
      const good = { id: 'a', label: 'z' };
      await assert.rejects(
        engine.update('updated', [good, { id: 'a', productId: '' }]),
        code('item-invalid'),
      );
      const other = { id: 'a', metadata: { only: 'text' } };
      await assert.rejects(
        engine.update('updated', [good, other], { strict: true }),
        code('field-type-mismatch'),
      );
      assert.equal((await engine.get('updated', 'a')).label, null);
      const filter = { field: 'metadata.only', equals: 1 };
      await isFound(async () => (await engine.search('updated', given.vector, { filter })).hits.length === 1);
    });

    test('items are deleted by their ids and by a filter, and are gone from everything', async () => {
      await engine.create(settings('deleted'));
      const some = drawItems(40, random);
      await engine.upsert('deleted', modelId, some);
      const [one, two] = some as [ItemInput, ItemInput];
      assert.equal(await engine.delete('deleted', [one.id, two.id, 'none']), 2);
      await assert.rejects(engine.get('deleted', one.id), code('item-not-found'));
      assert.equal(await engine.firstMissing('deleted', [(some[2] as ItemInput).id, one.id]), one.id);
      await isFound(
        async () =>
          !idsOf((await engine.search('deleted', one.vector, { k: 40, group: 'item' })).hits).includes(
            one.id,
          ),
      );
      const filter: Filter = { field: 'metadata.price', lt: 50 };
      const left = some.slice(2).filter((each) => !passes(each, filter));
      assert.equal(await engine.delete('deleted', filter), 38 - left.length);
      const info = await engine.info('deleted');
      assert.deepEqual(
        [info.items, info.products],
        [left.length, new Set(left.map(({ productId }) => productId)).size],
      );
      assert.deepEqual(await engine.ids('deleted'), left.map(({ id }) => id).sort());
      await assert.rejects(engine.delete('deleted', { and: [] }), code('filter-invalid'));
    });

    test('a search answers the nearest by the definition of the metric, and equal distances by id', async () => {
      for (const metric of ['cosine', 'l2', 'weak', 'weak-metric'] as const) {
        if (!engine.metrics.includes(metric)) continue;
        const drawn = drawItems(150, random, metric.startsWith('weak'));
        await engine.create(settings(`by-${metric}`, metric));
        await engine.upsert(`by-${metric}`, modelId, drawn);
        await indexed(`by-${metric}`);
        for (const group of ['item', 'product'] as const)
          for (const options of [{}, exact]) {
            const query = vectorFor(metric);
            const wanted = expectedOrder(drawn, query, metric, { group });
            const answer = await engine.search(`by-${metric}`, query, { ...options, k: 30, group });
            assert.equal(answer.searched.metric, metric);
            assert.equal(answer.total, drawn.length);
            if (options === exact && capabilities.exactPerQuery) assert.equal(answer.searched.kind, 'exact');
            for (const [at, hit] of answer.hits.entries()) {
              const distance = wanted[at]?.distance ?? Number.NaN;
              assert.ok(
                Math.abs(hit.distance - distance) <= 1e-9 + 1e-6 * distance,
                `${metric} ${at}: ${hit.distance}, not ${distance}`,
              );
            }
            const ids = wanted.slice(0, 30).map(({ id }) => id);
            if (capabilities.tiesById) assert.deepEqual(idsOf(answer.hits), ids);
            else assert.equal(answer.hits.length, ids.length);
          }
        await engine.drop(`by-${metric}`);
      }
    });

    test('answers of one distance come by the fields that are asked for, then by id', async () => {
      const byPrice = { sort: [{ field: 'metadata.price' }] };
      if ((await can('tiesById', () => engine.search('shop', vectorFor('cosine'), byPrice))) === undefined)
        return;
      await engine.create(settings('ties'));
      const same = [1, 0, 0, 0];
      await engine.upsert(
        'ties',
        modelId,
        ['d', 'b', 'a', 'c'].map((id, i) => item(id, same, { metadata: i < 3 ? { price: i % 2 } : {} })),
      );
      const search = (options: SearchOptions) =>
        engine.search('ties', Float32Array.from(same), { group: 'item', ...options });
      assert.deepEqual(idsOf((await search({})).hits), ['a', 'b', 'c', 'd']);
      for (const [order, wanted] of [
        ['asc', ['a', 'd', 'b', 'c']],
        ['desc', ['b', 'a', 'd', 'c']],
      ] as const) {
        const sort = [{ field: 'metadata.price', order }];
        const pages = await allPages(engine, 'ties', Float32Array.from(same), { group: 'item', k: 3, sort });
        assert.deepEqual(idsOf(pages.flatMap(({ hits }) => hits)), wanted);
      }
      const sorted = (field: string, order = 'asc') => search({ sort: [{ field, order: order as 'asc' }] });
      await assert.rejects(sorted('metadata.price', 'up'), RangeError);
      await assert.rejects(sorted('price'), code('filter-invalid'));
    });

    test('empty, one-item and all-duplicates collections answer, and a search says what grouping hid', async () => {
      await engine.create(settings('few'));
      const query = Float32Array.of(1, 1, 0, 0);
      assert.deepEqual((await engine.search('few', query)).hits, []);
      await engine.upsert('few', modelId, [item('zero', [0, 0, 0, 0])]);
      const [only] = (await engine.search('few', query)).hits;
      assert.deepEqual([only?.item.id, only?.distance, only?.score], ['zero', 1, 0]);
      const copies = Array.from({ length: 120 }, (_, i) =>
        item(`copy-${(i * 7) % 120}`, [2, 2, 0, 0], { productId: `p${i % 60}` }),
      );
      await engine.upsert('few', modelId, copies);
      await indexed('few');
      await isFound(
        async () => (await engine.search('few', query, { k: 1000, group: 'item' })).hits.length === 121,
      );
      const pages = await allPages(engine, 'few', query, { k: 13, group: 'item' });
      assert.deepEqual(new Set(idsOf(pages.flatMap(({ hits }) => hits))).size, 121);
      const { hits, total, hidden } = await engine.search('few', query, { k: 100 });
      assert.deepEqual([hits.length, total, hidden], [61, 121, 60]);
    });

    test('pages neither repeat nor skip, in the order of distance', async () => {
      for (const group of ['item', 'product'] as const)
        for (const filter of [
          undefined,
          { field: 'label', equals: 'even' },
          { field: 'metadata.price', lt: 5 },
        ]) {
          const query = vectorFor('cosine');
          const pages = () => allPages(engine, 'shop', query, { k: 7, group, ...(filter && { filter }) });
          const read = filter === undefined ? await pages() : await can('filteredPaging', pages);
          if (read === undefined) continue;
          const hits = read.flatMap((page) => page.hits);
          const wanted = expectedOrder(items, query, 'cosine', { group, ...(filter && { filter }) });
          assert.deepEqual(idsOf(hits).sort(), wanted.map(({ id }) => id).sort());
          assert.ok(
            hits.every(
              ({ distance }, i) => i === 0 || distance >= (hits[i - 1]?.distance ?? 0) || i % 7 === 0,
            ),
          );
          assert.ok(read.slice(0, -1).every((page) => page.hits.length === 7));
          const next = read[0]?.next ?? '';
          await assert.rejects(
            engine.search('shop', vectorFor('cosine'), { k: 7, group, after: next }),
            code('cursor-invalid'),
          );
        }
    });

    test('a filter lets through what its definition says, in searches and in lists', async () => {
      for (const filter of filters) {
        const wanted = items.filter((each) => passes(each, filter)).map(({ id }) => id);
        const query = vectorFor('cosine');
        const { hits, total } = await engine.search('shop', query, { k: 1000, group: 'item', filter });
        assert.deepEqual(idsOf(hits).sort(), wanted.toSorted(), JSON.stringify(filter));
        assert.equal(total, wanted.length);
        const listed: string[] = [];
        for (let after: string | undefined; ; ) {
          const page = await engine.list('shop', { limit: 50, filter, after });
          listed.push(...page.items.map(({ id }) => id));
          if (page.next === null) break;
          after = page.next;
        }
        assert.deepEqual(listed, wanted.toSorted());
      }
      await assert.rejects(
        engine.list('shop', { filter: { field: 'colour', equals: 1 } }),
        code('filter-invalid'),
      );
    });

    test('ids, products and scores that are left out are left out', async () => {
      const query = vectorFor('cosine');
      const order = expectedOrder(items, query, 'cosine', { group: 'item' });
      const exclude = order.slice(0, 3).map(({ id }) => id);
      const excludeProducts = [order[4]?.productId ?? ''];
      const options = { k: 1000, group: 'item' as const, exclude, excludeProducts };
      const { hits } = await engine.search('shop', query, options);
      const wanted = order.filter(
        ({ id, productId }) => !exclude.includes(id) && !excludeProducts.includes(productId),
      );
      assert.deepEqual(idsOf(hits).sort(), wanted.map(({ id }) => id).sort());
      const near = await engine.search('shop', query, { k: 1000, group: 'item', minScore: 0.5 });
      assert.deepEqual(
        idsOf(near.hits).sort(),
        order
          .filter(({ distance }) => 1 - distance >= 0.5)
          .map(({ id }) => id)
          .sort(),
      );
    });

    test('one search may have an effort of its own, and one be exact', async () => {
      const query = vectorFor('cosine');
      const [nearest] = expectedOrder(items, query, 'cosine', { group: 'item' });
      const wide = await can('effortPerQuery', () =>
        engine.search('shop', query, { ef: 500, k: 1, group: 'item' }),
      );
      if (wide !== undefined) assert.deepEqual(idsOf(wide.hits), [nearest?.id]);
      const whole = await can('exactPerQuery', () =>
        engine.search('shop', query, { exact: true, k: 1, group: 'item' }),
      );
      if (whole !== undefined)
        assert.deepEqual([whole.searched.kind, idsOf(whole.hits)], ['exact', [nearest?.id]]);
      for (const options of [{ k: 0 }, { k: 1001 }, { group: 'label' as never }])
        await assert.rejects(engine.search('shop', query, options), RangeError);
      await assert.rejects(engine.search('shop', Float32Array.of(1, 2)), code('dimension-mismatch'));
      await assert.rejects(engine.search('shop', query, { modelId: 'b'.repeat(64) }), code('model-mismatch'));
    });

    test('a search sees what was written before it', async () => {
      await engine.create(settings('seen'));
      for (let i = 0; i < 10; i += 1) {
        await engine.upsert('seen', modelId, [item(`n${i}`, [1, i, 0, 0])]);
        const query = Float32Array.of(1, i, 0, 0);
        await isFound(async () => idsOf((await engine.search('seen', query, { k: 1 })).hits)[0] === `n${i}`);
      }
      await engine.upsert('seen', modelId, [item('n3', [0, 0, 0, 1])]);
      await isFound(
        async () =>
          idsOf((await engine.search('seen', Float32Array.of(0, 0, 0, 1), { k: 1 })).hits)[0] === 'n3',
      );
    });

    test('searches at once answer as one after the other, and one that is given up rejects', async () => {
      const queries = Array.from({ length: 12 }, () => vectorFor('cosine'));
      const options = { k: 5, group: 'item' as const };
      const alone: string[][] = [];
      for (const query of queries) alone.push(idsOf((await engine.search('shop', query, options)).hits));
      const together = await Promise.all(queries.map((query) => engine.search('shop', query, options)));
      assert.deepEqual(
        together.map(({ hits }) => idsOf(hits)),
        alone,
      );
      const gone = new Error('nobody waits any more');
      await assert.rejects(
        engine.search('shop', vectorFor('cosine'), { signal: AbortSignal.abort(gone) }),
        gone,
      );
    });

    test('vectors come out to the last bit, one or many', async () => {
      const some = items.slice(0, 5);
      const all = await can('rawVectors', () =>
        engine.vectors(
          'shop',
          some.map(({ id }) => id),
        ),
      );
      await can('rawVectors', async () =>
        assert.deepEqual(await engine.vector('shop', some[1]?.id ?? ''), some[1]?.vector),
      );
      if (all === undefined) return;
      assert.deepEqual(
        [...all],
        some.flatMap(({ vector }) => [...vector]),
      );
      assert.equal((await engine.vectors('shop', [])).length, 0);
      await assert.rejects(engine.vectors('shop', [some[0]?.id ?? '', 'none']), code('item-not-found'));
      await assert.rejects(engine.vectors('shop', Array(1001).fill(some[0]?.id)), RangeError);
    });

    test('facets count values and ranges of what a filter lets through, or of the nearest', async () => {
      const fields = [
        { field: 'label' },
        { field: 'metadata.tags', limit: 3 },
        { field: 'metadata.price', ranges: [10, 50] },
      ];
      const filter = { field: 'metadata.price', lt: 60 };
      const counted = await can('facets', () => engine.facets('shop', { fields, filter, group: 'item' }));
      if (counted === undefined) return;
      const reason = new Error('no longer wanted');
      const signal = AbortSignal.abort(reason);
      await assert.rejects(engine.facets('shop', { fields, signal }), reason);
      const wanted = items.filter((each) => passes(each, filter));
      const count = (one: Filter): number => wanted.filter((each) => passes(each, one)).length;
      const [label, tags, price] = counted.fields;
      assert.equal(counted.total, wanted.length);
      const byLabel = ['even', 'odd'].map((value) => ({
        value,
        count: count({ field: 'label', equals: value }),
      }));
      assert.deepEqual(
        label?.values,
        byLabel.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)),
      );
      assert.deepEqual(
        [tags?.values[0], tags?.values.length, tags?.others],
        [{ value: 'all', count: wanted.length }, 3, 5],
      );
      assert.deepEqual(price?.ranges, [
        { from: null, to: 10, count: count({ field: 'metadata.price', lt: 10 }) },
        { from: 10, to: 50, count: count({ field: 'metadata.price', gte: 10, lt: 50 }) },
        { from: 50, to: null, count: count({ field: 'metadata.price', gte: 50 }) },
      ]);
      const vector = vectorFor('cosine');
      const near = await engine.facets('shop', {
        fields: [{ field: 'label' }],
        near: { vector, k: 20 },
        group: 'item',
      });
      const nearest = new Set(
        expectedOrder(items, vector, 'cosine', { group: 'item' })
          .slice(0, 20)
          .map(({ id }) => id),
      );
      const even = items.filter(({ id, label: own }) => nearest.has(id) && own === 'even').length;
      assert.equal(near.fields[0]?.values.find(({ value }) => value === 'even')?.count ?? 0, even);
      assert.equal(near.total, 20);
    });

    test('ids and hashes are listed without the items', async () => {
      const sorted = items.map(({ id }) => id).sort();
      const pages: string[] = [];
      for (let last: string | undefined; ; ) {
        const page = await engine.ids('shop', { limit: 100, after: last });
        pages.push(...page);
        if (page.length < 100) break;
        last = page.at(-1);
      }
      assert.deepEqual(pages, sorted);
      assert.deepEqual(
        await engine.ids('shop', { prefix: 'item-1' }),
        sorted.filter((id) => id.startsWith('item-1')),
      );
      assert.deepEqual(await engine.hashes('shop', [sorted[0] ?? '', 'none']), new Map([[sorted[0], '']]));
    });

    test('a snapshot is a whole collection, which comes back under another name', async () => {
      const folder = await mkdtemp(join(tmpdir(), 'snapshelf-contract-'));
      const path = join(folder, 'shop.snapshot');
      const made = await can('snapshots', () => engine.snapshot('shop', path));
      if (made !== undefined) {
        const back = await engine.restore('back', path);
        assert.deepEqual([back.items, back.metric, back.modelId], [items.length, 'cosine', modelId]);
        const query = vectorFor('cosine');
        const [one, other] = [await engine.search('shop', query), await engine.search('back', query)];
        assert.deepEqual(idsOf(other.hits), idsOf(one.hits));
        await assert.rejects(engine.restore('back', path), code('collection-exists'));
      }
      await rm(folder, { recursive: true });
    });

    test('documents are kept with a collection, and go into its snapshots', async () => {
      await engine.create(settings('documents'));
      assert.equal(await engine.document('documents', 'note'), undefined);
      assert.equal((await engine.info('documents')).documents, undefined);
      await engine.setDocument('documents', 'note', undefined);
      await engine.setDocument('documents', 'note', 'ein Wort: grün 🙂');
      await engine.setDocument('documents', 'other', '');
      const { sequence, documents: first } = await engine.info('documents');
      assert.deepEqual([Object.keys(first ?? {}).sort(), sequence], [['note', 'other'], 0]);
      assert.equal(await engine.document('documents', 'note'), 'ein Wort: grün 🙂');
      await engine.setDocument('documents', 'note', 'another');
      const { documents: second } = await engine.info('documents');
      assert.notEqual(second?.['note'], first?.['note']);
      assert.equal(second?.['other'], first?.['other']);
      await assert.rejects(engine.setDocument('documents', '../x', 'a'), TypeError);
      await assert.rejects(engine.setDocument('documents', 'note', 'a\0'), TypeError);
      await assert.rejects(
        engine.setDocument('documents', 'note', 'a'.repeat(2 ** 20 + 1)),
        code('item-invalid'),
      );
      await assert.rejects(engine.document('none', 'note'), code('collection-not-found'));
      const folder = await mkdtemp(join(tmpdir(), 'snapshelf-contract-'));
      const path = join(folder, 'documents.snapshot');
      const made = await can('snapshots', () => engine.snapshot('documents', path));
      if (made !== undefined) {
        await engine.restore('restored', path);
        assert.equal(await engine.document('restored', 'note'), 'another');
      }
      await rm(folder, { recursive: true });
      await engine.setDocument('documents', 'note', undefined);
      assert.equal(await engine.document('documents', 'note'), undefined);
      await engine.drop('documents');
      await engine.create(settings('documents'));
      assert.equal(await engine.document('documents', 'other'), undefined);
    });

    test('the model of a collection is changed beside its searches', async () => {
      await engine.create(settings('model'));
      await engine.upsert('model', modelId, [item('a', [1, 0, 0, 0]), item('b', [0, 1, 0, 0])]);
      const next = 'c'.repeat(64);
      await engine.beginReembedding('model', { modelId: next, modelName: 'next', dimension: 2 });
      await assert.rejects(engine.commitReembedding('model'), code('collection-busy'));
      const waiting = await engine.itemsToReembed('model', 10);
      assert.deepEqual(waiting.map(({ id }) => id).sort(), ['a', 'b']);
      await engine.storeReembedded(
        'model',
        waiting.map(({ id, sequence }) => ({ id, sequence, vector: Float32Array.of(id === 'a' ? 1 : 0, 1) })),
      );
      assert.equal((await engine.search('model', Float32Array.of(1, 0, 0, 0))).hits.length, 2);
      const info = await engine.commitReembedding('model');
      assert.deepEqual([info.modelId, info.dimension, info.items], [next, 2, 2]);
      await isFound(
        async () => idsOf((await engine.search('model', Float32Array.of(1, 1), { k: 1 })).hits)[0] === 'a',
      );
      await assert.rejects(
        engine.upsert('model', modelId, [item('c', [1, 0, 0, 0])]),
        code('model-mismatch'),
      );
      await engine.beginReembedding('model', { modelId, modelName: 'test', dimension: 4 });
      await engine.abortReembedding('model');
      assert.equal((await engine.info('model')).reindex, undefined);
    });
  });
