// slow: takes seconds
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { decodingWidth } from '../../src/image/index.ts';
import { Retriever } from '../../src/retrieval/index.ts';
import { writeTinyModel } from '../support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-width-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Counts the pictures that libvips decodes at a time: runs of pipelines whose input is encoded. */
function countDecodes(): { most: number } {
  const prototype = Object.getPrototypeOf(
    sharp(Buffer.alloc(3), { raw: { width: 1, height: 1, channels: 3 } }),
  );
  const original = prototype.toBuffer as (...given: unknown[]) => Promise<unknown>;
  const seen = { running: 0, most: 0 };
  prototype.toBuffer = async function (this: Sharp, ...given: unknown[]) {
    const { input } = (this as unknown as { options: { input: { rawWidth?: number } } }).options;
    if ((input.rawWidth ?? 0) > 0) return original.apply(this, given);
    seen.running += 1;
    seen.most = Math.max(seen.most, seen.running);
    try {
      return await original.apply(this, given);
    } finally {
      seen.running -= 1;
    }
  };
  after(() => {
    prototype.toBuffer = original;
  });
  return seen;
}

const noise = (seed: number): Promise<Buffer> =>
  sharp({
    create: {
      width: 400,
      height: 400,
      channels: 3,
      background: 'white',
      noise: { type: 'gaussian', mean: 100 + seed, sigma: 30 },
    },
  })
    .jpeg()
    .toBuffer();

test('imports and queries of all retrievers together decode no more pictures at a time than the width', async () => {
  const model = join(folder, 'tiny.onnx');
  await writeTinyModel(model);
  const pictures = await Promise.all(Array.from({ length: 24 }, (_, i) => noise(i)));
  const retrievers = await Promise.all(
    ['a', 'b'].map((name) => Retriever.open(join(folder, name), { model })),
  );
  for (const retriever of retrievers) await retriever.createCollection('shop');
  const seen = countDecodes();
  const inputs = pictures.map((image, i) => ({ id: `item-${i}`, image }));
  const results = await Promise.all(
    retrievers.flatMap((retriever) => [
      retriever.add('shop', inputs),
      ...pictures.map((image) => retriever.search('shop', { image })),
    ]),
  );
  for (const retriever of retrievers) await retriever.close();
  assert.equal(results.length, 50);
  assert.equal(seen.most, decodingWidth);
});
