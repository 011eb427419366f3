import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { cachePictures } from '../../../src/datasets/cache/picture-cache.ts';
import { openStore } from '../../../src/datasets/cache/picture-store.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { randomNumbers } from '../../../src/random.ts';
import { storedModel, storeModel } from '../../../src/retrieval/model-store.ts';
import { recipeOf } from '../../../src/train/index.ts';
import { readCheckpoint, writeCheckpoint } from '../../../src/train/run/checkpoint.ts';
import { checkConfig } from '../../../src/train/run/run-config.ts';
import { RunFolder } from '../../../src/train/run/run-folder.ts';
import { answeringItems, answers, dimension, isRefusal, saysDamaged } from '../../gallery/support/answers.ts';
import { eager, indexed, item, modelId, settings } from '../../gallery/support/gallery.ts';
import { writeStripedFolders } from '../../support/pictures.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';
import type { Try } from '../row.ts';
import type { Scenario, Torture } from '../scenario.ts';
import { damaged } from '../support/damage.ts';

/** Collections that are damaged, each once, and opened together: that takes one process. */
const batch = 20;

/** Asks every damaged copy of a collection what the whole one was asked: each answers the same, or says that it cannot. */
async function askAll(directory: string, one: Try, ask: typeof answers, write: (name: string) => void) {
  const names = Array.from({ length: batch }, (_, i) => `c${i}`);
  for (const name of names) write(name);
  await using gallery = await Gallery.open(directory, { exactSearchLimits: eager, indexThreads: 2 });
  const right = await ask(gallery, 'whole');
  for (const name of names) {
    for (const [what, answer] of await ask(gallery, name)) {
      if (isRefusal(answer) || saysDamaged(answer) || isDeepStrictEqual(answer, right.get(what))) continue;
      one.lose(`${name} lied to "${what}": ${String(answer).slice(0, 100)}`);
      break;
    }
  }
  await gallery.close();
  for (const name of names) rmSync(join(directory, 'collections', name), { recursive: true });
}

async function catalogues(torture: Torture): Promise<void> {
  const row = torture.row('cuts and flips: catalogue', { wanted: 400, batch });
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
    askAll(directory, one, answers, (name) => {
      mkdirSync(join(collections, name));
      // Half of the damage goes to the small pages: those of rows, of the indexes, and the first of all.
      const small = one.random() < 0.5 ? whole.length : 24 * 4096;
      const bytes = Buffer.concat([damaged(whole.subarray(0, small), one.random), whole.subarray(small)]);
      writeFileSync(join(collections, name, 'catalogue.sqlite'), bytes);
    }),
  );
}

/** The answers of searches through the index. */
async function searches(gallery: Gallery, name: string): Promise<Map<string, unknown>> {
  const found = new Map<string, unknown>();
  // A search does not wait for an index that is being loaded.
  await indexed(gallery, name);
  for (let i = 0; i < 5; i += 1) {
    const query = Float32Array.of(Math.sin(i), Math.cos(i), i / 5, 0.3);
    const answer = gallery.search(name, query, { k: 10 }).then(({ hits, damaged: left }) => ({
      hits: hits.map(({ item: { id }, distance }) => [id, distance]),
      damaged: left,
    }));
    found.set(`search ${i}`, await answer.catch((error: unknown) => error));
  }
  return found;
}

async function indexes(torture: Torture): Promise<void> {
  const row = torture.row('cuts and flips: index', { wanted: 160, batch });
  const directory = join(torture.folder, 'indexes');
  {
    await using gallery = await Gallery.open(directory, { exactSearchLimits: eager, indexThreads: 2 });
    await gallery.create(settings('whole', 4));
    const vector = (i: number): number[] => [Math.sin(i), Math.cos(2 * i), Math.sin(3 * i), Math.cos(5 * i)];
    await gallery.upsert(
      'whole',
      modelId,
      Array.from({ length: 200 }, (_, i) => item(`i${i}`, vector(i))),
    );
    await indexed(gallery, 'whole');
  }
  const collections = join(directory, 'collections');
  const files = readdirSync(join(collections, 'whole'), { recursive: true })
    .map(String)
    .filter((name) => /index\.[^/]*$/.test(name));
  assert.equal(files.length, 6);
  await row.run((one) =>
    askAll(directory, one, searches, (name) => {
      cpSync(join(collections, 'whole'), join(collections, name), { recursive: true });
      const path = join(collections, name, files[Math.floor(one.random() * files.length)] ?? '');
      writeFileSync(path, damaged(readFileSync(path), one.random));
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
  for (const kind of [catalogues, indexes, snapshots, runFolders, models, caches]) await kind(torture);
}

/** Files are cut and bytes flipped: refused, harmless or an error, but never another answer. */
export const scenario: Scenario = { rows: 6, share: 3, run };
