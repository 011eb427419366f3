import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsOf, Pictures } from '../../../src/engines/weaviate/pictures.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import { FakeCluster } from './support/fake-cluster.ts';

const damaged = (error: unknown): boolean => error instanceof SnapshelfError && error.code === 'item-damaged';

test('a picture comes out of its parts as it went in, and is damaged if one of them is or is not there', async () => {
  const fake = new FakeCluster();
  const pictures = new Pictures(fake.cluster, 'Pictures');
  await pictures.prepare();
  const bytes = Uint8Array.from({ length: 600_000 }, (_, i) => (i * 31) % 251);
  await pictures.write([{ id: 'one', sequence: 3, kind: 'picture', bytes }]);
  const item = { id: 'one', sequence: 3 } as never;
  const read = () => pictures.whole(item, 'picture', factsOf(bytes));
  assert.equal(fake.objects('Pictures').size, 3);
  assert.deepEqual(await read(), bytes);
  const [[uuid, part] = []] = [...fake.objects('Pictures')];
  assert.ok(uuid !== undefined && part !== undefined);
  const { properties } = part;
  part.properties = { ...properties, bytes: Buffer.from('another').toString('base64') };
  await assert.rejects(read(), damaged);
  // Each part by itself too: parts are sent before the whole is known.
  const parts = [0, 1, 2].map((index) => pictures.part(item, 'picture', index).catch(damaged));
  assert.equal((await Promise.all(parts)).filter((found) => found === true).length, 1);
  fake.objects('Pictures').delete(uuid);
  await assert.rejects(read(), damaged);
});
