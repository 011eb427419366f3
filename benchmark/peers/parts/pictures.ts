import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import sharp from 'sharp';
import { type ImportItem, SnapshelfClient } from '../../../src/client/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { photo } from '../../support/photo.ts';
import { WatchedServer } from '../../support/watched-server.ts';
import type { Bench } from '../bench.ts';
import { timesOf } from '../collection.ts';
import type { Part } from '../results.ts';

const side = 320;
/** Pictures that are asked for afterwards. */
const asked = 100;

/**
 * Adds pictures through the API on top of the collection: photographs of a folder, each cropped and brightened otherwise,
 * or drawn ones. Asks for some of them afterwards. The collection must be built with the same --model.
 */
export async function pictures({ data, pictures: wanted, say }: Bench): Promise<Part<'pictures'>> {
  const { model, count } = wanted;
  if (model === undefined)
    throw new Error('The part pictures needs --model FILE, with which the collection was built.');
  const make = await pictureMaker(wanted.folder);
  const server = await WatchedServer.start(data, model);
  try {
    const client = new SnapshelfClient(server.url);
    const items = Array.from({ length: count }, (_, i): ImportItem => {
      return { id: `picture ${i}`, productId: `picture ${i}`, image: async () => new Blob([await make(i)]) };
    });
    let told = 0;
    const start = performance.now();
    const { failed } = await client.importItems('peers', items, {
      onProgress: ({ done }) => {
        if (done - told < 1000) return;
        told = done;
        say(`${done} pictures`);
      },
    });
    const seconds = (performance.now() - start) / 1000;
    return { pictures: count, failed: failed.length, seconds, ...(await askAgain(client, make, count)) };
  } finally {
    await server.close();
  }
}

type Maker = (i: number) => Promise<Uint8Array<ArrayBuffer>>;

async function pictureMaker(folder: string | undefined): Promise<Maker> {
  if (folder === undefined) return (i) => photo(i, side, side);
  const names = (await readdir(folder, { recursive: true }))
    .filter((name) => ['.jpg', '.jpeg', '.png', '.webp'].includes(extname(name).toLowerCase()))
    .sort();
  if (names.length === 0) throw new Error(`${folder} has no photographs`);
  return async (i) => perturbed(await readFile(join(folder, names[i % names.length] ?? '')), i);
}

/** A part of a photograph, brighter or darker. */
async function perturbed(bytes: Uint8Array, seed: number): Promise<Uint8Array<ArrayBuffer>> {
  const random = randomNumbers(1 + seed);
  const { width, height } = await sharp(bytes).metadata();
  const share = 0.7 + 0.25 * random();
  const cut = {
    width: Math.max(1, Math.floor(width * share)),
    height: Math.max(1, Math.floor(height * share)),
  };
  const place = {
    left: Math.floor((width - cut.width) * random()),
    top: Math.floor((height - cut.height) * random()),
  };
  const buffer = await sharp(bytes)
    .extract({ ...cut, ...place })
    .modulate({ brightness: 0.85 + 0.3 * random() })
    .resize(side, side, { fit: 'inside' })
    .jpeg({ quality: 85 })
    .toBuffer();
  return new Uint8Array(buffer);
}

async function askAgain(client: SnapshelfClient, make: Maker, count: number) {
  const ms: number[] = [];
  let foundFirst = 0;
  const some = Math.min(asked, count);
  for (let n = 0; n < some; n += 1) {
    const i = Math.floor((n * count) / some);
    const image = new Blob([await make(i)]);
    const start = performance.now();
    const { results } = await client.search('peers', { image, k: 10 });
    ms.push(performance.now() - start);
    if (results[0]?.item.id === `picture ${i}`) foundFirst += 1;
  }
  return { asked: some, foundFirst, search: timesOf(ms) };
}
