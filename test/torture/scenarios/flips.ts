import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachePictures } from '../../../src/datasets/cache/picture-cache.ts';
import { openStore } from '../../../src/datasets/cache/picture-store.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { storedModel } from '../../../src/model/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { storeModel } from '../../../src/retrieval/model-store.ts';
import { recipeOf } from '../../../src/train/index.ts';
import { readCheckpoint, writeCheckpoint } from '../../../src/train/run/checkpoint.ts';
import { checkConfig } from '../../../src/train/run/run-config.ts';
import { RunFolder } from '../../../src/train/run/run-folder.ts';
import { answeringItems, answers, dimension } from '../../gallery/support/answers.ts';
import { modelId, settings } from '../../gallery/support/gallery.ts';
import { writeStripedFolders } from '../../support/pictures.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';
import type { Scenario, Torture } from '../scenario.ts';
import { askAll, copies, flipIndexes } from '../support/ask-all.ts';
import { damaged } from '../support/damage.ts';
import { flipDeliveries, flipVectorFile } from '../support/flip-files.ts';

async function catalogues(torture: Torture): Promise<void> {
  const row = torture.row('cuts and flips: catalogue', { wanted: 400, batch: copies });
  const directory = join(torture.folder, 'catalogues');
  {
    await using gallery = await Gallery.open(directory);
    await gallery.create(settings('whole', dimension));
    await gallery.upsert('whole', modelId, answeringItems(randomNumbers(1)));
    await gallery.delete('whole', ['nothing']);
  }
  const collections = join(directory, 'collections');
  const whole = readFileSync(join(collections, 'whole', 'catalogue.sqlite'));
  await row.run((one) =>
    askAll(directory, one, { ask: answers }, (name) => {
      mkdirSync(join(collections, name));
      // Half of the damage goes to the small pages: those of rows, of the indexes, and the first of all.
      const small = one.random() < 0.5 ? whole.length : 24 * 4096;
      const bytes = Buffer.concat([damaged(whole.subarray(0, small), one.random), whole.subarray(small)]);
      writeFileSync(join(collections, name, 'catalogue.sqlite'), bytes);
    }),
  );
}

/** Reads what was damaged: the same as before, or one of the errors that say so. */
async function same(
  codes: readonly string[],
  read: () => Promise<unknown>,
  right: unknown,
): Promise<boolean> {
  try {
    assert.deepEqual(await read(), right);
    return true;
  } catch (error) {
    if (error instanceof SnapshelfError && codes.includes(error.code)) return false;
    throw error;
  }
}

async function snapshots(torture: Torture): Promise<void> {
  const row = torture.row('cuts and flips: snapshot', { wanted: 140 });
  const path = join(torture.folder, 'shop.snapshot');
  await using gallery = await Gallery.open(join(torture.folder, 'snapshots'));
  await gallery.create(settings('whole', dimension));
  await gallery.upsert(
    'whole',
    modelId,
    answeringItems(() => 0.3),
  );
  await gallery.snapshot('whole', path);
  const whole = readFileSync(path);
  const right = await answers(gallery, 'whole');
  await row.run(async ({ random }) => {
    writeFileSync(path, damaged(whole, random));
    const read = async (): Promise<unknown> => {
      await gallery.restore('copy', path);
      const found = await answers(gallery, 'copy');
      await gallery.drop('copy');
      return found;
    };
    await same(['snapshot-invalid'], read, right);
  });
}

const configuration = checkConfig({
  formatVersion: 1,
  architecture: 'resnet18',
  recipeName: 'cub',
  recipe: recipeOf('cub'),
  seed: 1,
  sources: ['/a'],
  queries: [],
  weights: { path: '/w', sha256: 'ab'.repeat(32) },
  validateEvery: 1,
  skipBad: false,
  classes: 2,
  images: 3,
  data: 'cd'.repeat(32),
});

async function runFolders(torture: Torture): Promise<void> {
  const row = torture.row('cuts and flips: run folder', { wanted: 100 });
  const folder = new RunFolder(join(torture.folder, 'run'));
  await folder.writeConfig(configuration);
  const shapes = new Map([
    ['w', [40]],
    ['b', [8]],
  ]);
  const state = new Map([
    ['w', Float32Array.from({ length: 40 }, (_, i) => i)],
    ['b', new Float32Array(8)],
  ]);
  const position = {
    ...{ step: 3, epoch: 1, batch: 0, validatedEpoch: 1, best: { recall: 0.5, epoch: 1 } },
    unlogged: { steps: 0, sum: 0 },
  };
  await writeCheckpoint(folder.last, state, shapes, position);
  const read = async (): Promise<unknown> => [
    await folder.readConfig(),
    await readCheckpoint(folder.last, shapes),
  ];
  const right = await read();
  const files = [folder.config, folder.last].map((path) => ({ path, whole: readFileSync(path) }));
  await row.run(async ({ random }) => {
    for (const { path, whole } of files) writeFileSync(path, whole);
    const { path = '', whole = Buffer.alloc(1) } = files[Math.floor(random() * 2)] ?? {};
    writeFileSync(path, damaged(whole, random));
    await same(['run-invalid', 'weights-invalid', 'text-not-utf8'], read, right);
  });
}

async function models(torture: Torture): Promise<void> {
  const row = torture.row('cuts and flips: model', { wanted: 100 });
  const path = join(torture.folder, 'tiny.onnx');
  await writeTinyModel(path);
  const data = join(torture.folder, 'models');
  const { id, path: stored } = await storeModel(data, path);
  const whole = readFileSync(stored);
  await row.run(async ({ random }) => {
    writeFileSync(stored, damaged(whole, random));
    const read = async (): Promise<string> => (await storedModel(data, id)).id;
    assert.equal(await same(['model-invalid', 'onnx-invalid'], read, 'unchanged'), false);
  });
  copyFileSync(path, stored);
  assert.equal((await storedModel(data, id)).id, id);
}

async function caches(torture: Torture): Promise<void> {
  const row = torture.row('cuts and flips: picture cache', { wanted: 100 });
  const paths = await writeStripedFolders(join(torture.folder, 'photos'), 3, 2);
  const folder = join(torture.folder, 'cache');
  const resize = { mode: 'squash', width: 24, height: 24, filter: 'bilinear' } as const;
  const read = async (): Promise<unknown> => {
    const { store, unreadable } = await cachePictures(paths, { mode: 'disk', resize, folder });
    const reader = openStore(store);
    try {
      return [unreadable, await Promise.all(paths.map((_, i) => reader.read(i)))];
    } finally {
      reader.close();
    }
  };
  const right = await read();
  const [name = ''] = readdirSync(folder);
  const whole = readFileSync(join(folder, name));
  await row.run(async ({ random }) => {
    writeFileSync(join(folder, name), damaged(whole, random));
    await same(['source-invalid'], read, right);
  });
}

async function run(torture: Torture): Promise<void> {
  const kinds = [
    catalogues,
    flipIndexes,
    flipVectorFile,
    flipDeliveries,
    snapshots,
    runFolders,
    models,
    caches,
  ];
  for (const kind of kinds) await kind(torture);
}

/** Files are cut and bytes flipped: refused, harmless or an error, but never another answer. */
export const scenario: Scenario = { rows: 9, share: 3, run };
