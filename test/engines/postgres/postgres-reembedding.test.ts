// slow: starts a Postgres server
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Engine } from '../../../src/engine/index.ts';
import { PostgresEngine } from '../../../src/engines/postgres/postgres-engine.ts';
import { Retriever } from '../../../src/retrieval/index.ts';
import { type PostgresServer, startPostgres, withoutPostgres } from '../../engine/support/postgres-server.ts';
import { stripes } from '../../support/pictures.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

let server: PostgresServer;
before(async () => {
  if (!withoutPostgres) server = await startPostgres();
});
after(async () => {
  if (!withoutPostgres) await server.stop();
});

test('a change of the model ends though somebody always writes one more item, and that item is found', {
  skip: withoutPostgres,
}, async (t) => {
  const folder = temporaryFolder(t);
  const [one, other] = ['one.onnx', 'other.onnx'].map((name) => join(folder, name)) as [string, string];
  await writeTinyModel(one);
  await writeTinyModel(other, { seed: 2 });
  const plain = await PostgresEngine.open(server.url('reindex'));
  t.after(() => plain.close());
  let more = 0;
  const image = await stripes(30, 5);
  /** As another server that writes just before each try to switch. */
  const busy: Engine = new Proxy<Engine>(plain, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target);
      if (key !== 'commitReembedding') return typeof value === 'function' ? value.bind(target) : value;
      return async (...given: Parameters<Engine['commitReembedding']>) => {
        const { modelId, dimension } = await plain.info('shop');
        const vector = new Float32Array(dimension).fill(1);
        more += 1;
        assert.ok(more < 10, 'the change does not end');
        await plain.upsert('shop', modelId, [{ id: `more${more}`, vector, imageHash: '', image }]);
        return plain.commitReembedding(...given);
      };
    },
  });
  await using retriever = await Retriever.open(join(folder, 'data'), { gallery: busy, model: one });
  await retriever.createCollection('shop');
  await retriever.add('shop', [{ id: 'first', image }]);
  const { modelId, reindex } = await retriever.reindex('shop', other);
  assert.deepEqual([more, reindex], [1, undefined]);
  assert.equal((await plain.info('shop')).modelId, modelId);
  const vectors = [await plain.vector('shop', 'first'), await plain.vector('shop', 'more1')] as const;
  const [first = [], late = []] = vectors.map((vector) => [...vector]);
  for (const [at, value] of first.entries()) assert.ok(Math.abs(value - (late[at] ?? 0)) < 1e-4, `${at}`);
});

test('who writes while the last items are embedded waits, and is told of the other model', {
  skip: withoutPostgres,
}, async (t) => {
  const settings = {
    name: 'shop',
    modelId: 'a'.repeat(64),
    modelName: 'old',
    dimension: 2,
    metric: 'cosine',
  } as const;
  const engine = await PostgresEngine.open(server.url('waiting'));
  t.after(() => engine.close());
  await engine.create(settings);
  const vector = Float32Array.of(1, 2);
  const items = Array.from({ length: 17 }, (_, at) => ({
    id: `i${String(at).padStart(2, '0')}`,
    vector,
    imageHash: '',
    ...(at === 0 && { image: Buffer.from('a picture') }),
  }));
  await engine.upsert('shop', settings.modelId, items);
  await engine.beginReembedding('shop', { modelId: 'b'.repeat(64), modelName: 'new', dimension: 3 });
  const never = async () => assert.fail('17 items are too many');
  await assert.rejects(engine.commitReembedding('shop', undefined, never), { code: 'collection-busy' });
  await engine.delete('shop', ['i16']);
  let written: Promise<unknown> | undefined;
  let isWritten = false;
  const info = await engine.commitReembedding('shop', undefined, async (last) => {
    assert.equal(last.length, 16);
    assert.deepEqual(
      last.slice(0, 2).map(({ image }) => image && String(Buffer.from(image))),
      ['a picture', null],
    );
    written = engine.upsert('shop', settings.modelId, [{ id: 'late', vector, imageHash: '' }]).finally(() => {
      isWritten = true;
    });
    written.catch(() => {});
    // Others read meanwhile, and see it as it was.
    assert.equal((await engine.search('shop', vector, { k: 1 })).hits.length, 1);
    assert.equal(isWritten, false);
    return last.map(({ item: { id, sequence } }) => ({ id, sequence, vector: Float32Array.of(1, 2, 3) }));
  });
  assert.deepEqual([info.modelName, info.items], ['new', 16]);
  await assert.rejects(written ?? Promise.resolve(), { code: 'model-mismatch' });
});
