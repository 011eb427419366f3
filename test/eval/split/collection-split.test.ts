// slow: embeds pictures
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Embedder } from '../../../src/embed/index.ts';
import { evaluate, readCollection, splitOfCollection } from '../../../src/eval/index.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { Retriever } from '../../../src/retrieval/index.ts';
import { temporaryFolder } from '../../gallery/support/gallery.ts';
import { stripes, writeStripedFolders } from '../../support/pictures.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';

test('the stored pictures of a live collection are embedded by the reference, or the reason is told', async (t) => {
  const folder = await temporaryFolder(t);
  const data = join(folder, 'data');
  const [whole, short] = [join(folder, 'whole.onnx'), join(folder, 'short.onnx')];
  const paths = await writeStripedFolders(join(folder, 'fit'), 4, 5);
  await writeTinyModel(whole);
  const pictures = paths.map((path) => ({ path, label: path.split('/').at(-2) ?? '' }));
  await writeTinyModel(short, { projection: { dimension: 6, pictures } });
  {
    await using retriever = await Retriever.open(data, { model: short });
    await retriever.createCollection('kept');
    await retriever.createCollection('bare', { storeImages: false });
    const items = Array.from({ length: 24 }, async (_, at) => ({
      id: `${at}`,
      image: await stripes(60 * (at % 6) + at, 5 + (at % 6)),
      label: `hue ${at % 6}`,
    }));
    for (const name of ['kept', 'bare']) await retriever.add(name, await Promise.all(items));
  }
  await using gallery = await Gallery.open(data, { readOnly: true });
  const embedded: number[] = [];
  const options = {
    data,
    reference: whole,
    openEmbedder: (path: string) => Embedder.open(path, { provider: 'cpu', threads: 1 }),
    onPicture: (done: number) => embedded.push(done),
  };
  const lines = async (name: string) => {
    const input = await readCollection(gallery, name);
    const splitLoss = await splitOfCollection(gallery, name, input, options);
    const evaluation = await evaluate(input, { metrics: ['cosine'], ks: [1], index: false, splitLoss });
    return evaluation.splitLoss?.rows ?? [];
  };
  const [float32, int8, shortened, stored] = await lines('kept');
  assert.deepEqual([float32?.bytesPerItem, shortened?.bytesPerItem, embedded.at(-1)], [4 * 32, 4 * 6, 24]);
  assert.ok((float32?.milliseconds?.median ?? 0) > 0);
  assert.match(int8?.missing ?? '', /is not quantised/);
  assert.equal(shortened?.against, 'float32');
  assert.deepEqual(
    shortened?.figures.map(({ mean }) => mean),
    stored?.figures.map(({ mean }) => mean),
  );
  const [bare, , ofVectors] = await lines('bare');
  assert.match(bare?.missing ?? '', /No image of item/);
  assert.equal(ofVectors?.missing, null);
});
