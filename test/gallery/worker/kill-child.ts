// Started by kill.test.ts with a folder, a seed and a round: writes to the collection `shop` until it is killed. Prints
// one JSON line before every request and one after it was acknowledged.
import { writeSync } from 'node:fs';
import { Gallery } from '../../../src/gallery/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { eager, item, modelId, settings } from '../support/gallery.ts';
import { vectorOf } from './kill-model.ts';

const [directory = '', seed = '0', round = '0'] = process.argv.slice(2);
const random = randomNumbers(Number(seed));
const gallery = await Gallery.open(directory, { exactSearchLimits: eager });
await gallery.create(settings('shop', 4, 'l2'));

// Synchronous, so that a line is out before anything else happens.
const print = (line: unknown): number => writeSync(1, `${JSON.stringify(line)}\n`);

const some = (most: number): string[] =>
  Array.from({ length: 1 + Math.floor(random() * most) }, () => `i${Math.floor(random() * 150)}`);

print({ open: true });
for (let step = 0; ; step++) {
  const ids = [...new Set(some(random() < 0.3 ? 40 : 2))];
  const version = random() < 0.25 ? null : `${round}-${step}`;
  print({ sent: step, ids, version });
  if (version === null) await gallery.delete('shop', ids);
  else
    await gallery.upsert(
      'shop',
      modelId,
      ids.map((id) => item(id, vectorOf(id, version), { label: version })),
    );
  print({ acknowledged: step });
}
