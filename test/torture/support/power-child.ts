// Run under strace by the scenario `power`: writes in every way that promises something. Before a request it prints a line,
// and after it was acknowledged another one, so that the record has both in order with the writes and syncs.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { hashFile } from '../../../src/files/index.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { Evaluations, Keys } from '../../../src/server/index.ts';
import { eager, item, modelId, settings } from '../../gallery/support/gallery.ts';
import { vectorOf } from '../../gallery/worker/kill-model.ts';

const [folder = '', seed = '1'] = process.argv.slice(2);
const data = join(folder, 'data');
const random = randomNumbers(Number(seed));
const below = (limit: number): number => Math.floor(random() * limit);
const print = (line: unknown): number => writeSync(1, `${JSON.stringify(line)}\n`);

async function act(what: object, call: () => Promise<object | undefined>): Promise<void> {
  print({ act: what });
  print({ acted: { ...what, ...(await call()) } });
}

const gallery = await Gallery.open(data, { exactSearchLimits: eager });
const picture = Buffer.from(Array.from({ length: 9000 }, () => below(256)));
let step = 0;
async function write(deletes: number): Promise<void> {
  step += 1;
  const ids = [...new Set(Array.from({ length: 1 + below(5) }, () => `i${below(20)}`))];
  const version = random() < deletes ? null : `v${step}`;
  print({ sent: step, ids, version });
  const rest = { label: version ?? '', image: picture.subarray(below(4000)), imageType: 'image/png' };
  if (version === null) await gallery.delete('shop', ids);
  else
    await gallery.upsert(
      'shop',
      modelId,
      ids.map((id) => item(id, vectorOf(id, version), rest)),
    );
  print({ acknowledged: step });
}
const some = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i += 1) await write(0.25);
};

/** Writes a snapshot and restores it. */
async function copies(): Promise<void> {
  const path = join(folder, 'out', 'shop.snapshot');
  await act({ snapshot: path }, async () => {
    await gallery.snapshot('shop', path);
    return { sha256: (await hashFile(path)).sha256 };
  });
  const restore = async (): Promise<object> => ({ items: (await gallery.restore('copy', path)).items });
  await act({ restored: 'copy' }, restore);
}

/** Replaces all vectors by those of another model. */
async function reembed(): Promise<void> {
  const next = 'b'.repeat(64);
  await act({ model: next }, async () => {
    await gallery.beginReembedding('shop', { modelId: next, modelName: 'next', dimension: 4, metric: 'l2' });
    for (;;) {
      const items = await gallery.itemsToReembed('shop', 100);
      if (items.length === 0) break;
      const vectors = items.map(({ id, sequence }) => ({
        id,
        sequence,
        vector: Float32Array.of(1, 2, 3, 4),
      }));
      await gallery.storeReembedded('shop', vectors);
    }
    await gallery.commitReembedding('shop');
    return undefined;
  });
}

await act({ created: 'shop' }, async () => void (await gallery.create(settings('shop', 4, 'l2'))));
await some(8);
await copies();
await some(3);
await act({ dropped: 'copy' }, async () => void (await gallery.drop('copy')));
const keys = await Keys.open(data);
await act({ key: 'till' }, async () => void (await keys.create({ name: 'till', level: 'search' })));
const run = (): Promise<never> => new Promise(() => {});
const evaluations = await Evaluations.open(data, { run });
await act({}, async () => ({ evaluation: (await evaluations.start('shop', { ks: [1] })).id }));
await some(3);
await reembed();
await act({ closed: 'gallery' }, async () => void (await gallery.close()));
process.exit();
