import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import type { ItemInput, Json } from '../../src/engine/index.ts';
import { type Evaluation, evaluate } from '../../src/eval/index.ts';
import { Database } from '../../src/gallery/storage/database.ts';
import { randomNumbers } from '../../src/random.ts';
import { Retriever } from '../../src/retrieval/index.ts';

/** How much there is. */
export interface Amounts {
  /** Items with the largest metadata, and as many with what earlier releases took. */
  readonly items: number;
  /** Entries of a manifest, each of an item that is there; queries of a report. */
  readonly entries: number;
}

/** Metadata at its limit: 1,000 values in 64 KiB. */
export const largestMetadata = (): Record<string, Json> =>
  Object.fromEntries(Array.from({ length: 999 }, (_, at) => [`k${at}`, 'x'.repeat(54)]));

/** What earlier releases took: some 32,000 values in 64 KiB. */
const oldMetadata = (): string => `{"a":[${'0,'.repeat(32_000)}0]}`;

function items(count: number, dimension: number, metadata?: Record<string, Json>): ItemInput[] {
  const random = randomNumbers(dimension);
  return Array.from({ length: count }, (_, at) => ({
    id: `item-${at}`,
    label: `label ${at % 50}`,
    split: at % 2 === 0 ? 'query' : 'gallery',
    vector: Float32Array.from({ length: dimension }, () => random() - 0.5),
    imageHash: '',
    metadata,
  }));
}

const longText = '\u6f22'.repeat(500);
const withLongTexts = (item: ItemInput): ItemInput => ({
  ...item,
  id: `${item.id}${longText}`,
  productId: `${item.id}${longText}`,
  label: longText,
});

async function fill(retriever: Retriever, name: string, modelId: string, all: ItemInput[]): Promise<void> {
  for (let start = 0; start < all.length; start += 1000)
    await retriever.gallery.upsert(name, modelId, all.slice(start, start + 1000));
}

/**
 * Makes the collections `shop` (small), `large` and `old` (large metadata, as it is taken now and as it was), `long` (texts at
 * their limits, nine bytes for each character in a link) and `many` (an item for each entry of a manifest), and an evaluation of `many` that is done.
 * @returns the path of that evaluation below the server's address, and the dimension of the model
 */
export async function makeLargeData(
  data: string,
  model: string,
  { items: count, entries }: Amounts,
): Promise<{ readonly evaluation: string; readonly dimension: number }> {
  await using retriever = await Retriever.open(data, { model });
  const { modelId, dimension } = await retriever.createCollection('shop');
  await fill(retriever, 'shop', modelId, items(200, dimension));
  await retriever.createCollection('large');
  await fill(retriever, 'large', modelId, items(count, dimension, largestMetadata()));
  await retriever.createCollection('old');
  await fill(retriever, 'old', modelId, items(count, dimension));
  await retriever.gallery.create({
    name: 'many',
    modelId,
    modelName: 'four',
    dimension: 4,
    metric: 'cosine',
  });
  await fill(retriever, 'many', modelId, items(entries, 4));
  await retriever.createCollection('long');
  await fill(retriever, 'long', modelId, items(count, dimension).map(withLongTexts));
  const database = new Database(join(data, 'collections', 'old', 'catalogue.sqlite'));
  database.run('UPDATE items SET metadata = ?', oldMetadata());
  database.close();
  return { evaluation: await makeEvaluation(data, entries), dimension };
}

/** Writes an evaluation that is done, with a report of so many queries. */
async function makeEvaluation(data: string, queries: number): Promise<string> {
  const id = randomUUID();
  const folder = join(data, 'evaluations', id);
  await mkdir(folder, { recursive: true });
  const job = {
    formatVersion: 2,
    id,
    collection: 'many',
    createdAt: new Date().toISOString(),
    state: 'done',
  };
  await writeFile(
    join(folder, 'job.json'),
    JSON.stringify({ ...job, progress: null, figures: {}, request: {} }),
  );
  await writeFile(join(folder, 'request.json'), '{}');
  const file = createWriteStream(join(folder, 'report.json'));
  file.end(JSON.stringify(await report(queries)));
  await once(file, 'close');
  return `/v1/collections/many/evaluations/${id}`;
}

/** A real report of a small evaluation, its columns as long as those of a large one. */
async function report(queries: number): Promise<Evaluation> {
  const small = items(200, 4);
  const vectors = new Float32Array(small.flatMap(({ vector }) => [...vector]));
  const ids = small.map(({ id }) => id);
  const labels = small.map(({ label }) => label ?? '');
  const made = await evaluate(
    {
      queries: { vectors, dimension: 4, ids, labels },
      gallery: undefined,
      subject: { protocol: 'self', queries: ['many'], gallery: null, model: null },
    },
    { ks: [1, 10, 20, 30, 40, 50] },
  );
  const long = <T>(column: readonly T[]): T[] =>
    Array.from({ length: queries }, (_, at) => column[at % column.length] as T);
  const results = made.results.map((result) => ({
    ...result,
    perQuery: {
      firstRelevant: long(result.perQuery.firstRelevant),
      figures: Object.fromEntries(
        Object.entries(result.perQuery.figures).map(([name, column]) => [name, long(column)]),
      ),
    },
  }));
  const all = { count: queries, ids: long(ids), labels: long(labels) };
  return { ...made, queries: all, results };
}

/** A PNG of noise of nearly so many bytes, stored without compression. */
export function noisyPng(bytes: number): Buffer {
  const width = 2048;
  const height = Math.floor((bytes - 4096) / (1 + 3 * width + 1));
  const random = randomNumbers(7);
  const rows = Buffer.from(Uint8Array.from({ length: height * (1 + 3 * width) }, () => 256 * random()));
  for (let row = 0; row < height; row += 1) rows[row * (1 + 3 * width)] = 0;
  const header = Buffer.from('0000000000000000080200000000'.slice(0, 26), 'hex');
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  const chunk = (type: string, body: Buffer): Buffer => {
    const typed = Buffer.concat([Buffer.from(type), body]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length);
    sum.writeUInt32BE(crc32(typed));
    return Buffer.concat([length, typed, sum]);
  };
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const pixels = chunk('IDAT', deflateSync(rows, { level: 0 }));
  return Buffer.concat([signature, chunk('IHDR', header), pixels, chunk('IEND', Buffer.alloc(0))]);
}
