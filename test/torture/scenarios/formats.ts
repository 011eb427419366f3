import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../../src/files/index.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { answeringItems, dimension } from '../../gallery/support/answers.ts';
import { modelId, settings } from '../../gallery/support/gallery.ts';
import { dataSubjects } from '../../support/fuzz/data.ts';
import { modelSubjects } from '../../support/fuzz/models.ts';
import { weightsSubjects } from '../../support/fuzz/weights.ts';
import type { Try } from '../row.ts';
import type { Scenario, Torture } from '../scenario.ts';
import { damaged } from '../support/damage.ts';
import { gallerySubjects } from '../support/gallery-subjects.ts';
import { sample } from '../support/sample.ts';

/** A database that somebody changed, under a header that fits it: read as a stranger's, or refused. */
async function hostileSnapshot(gallery: Gallery, path: string, whole: Buffer, one: Try): Promise<void> {
  const end = whole.indexOf('\n') + 1;
  let database: Buffer = whole.subarray(end);
  for (let left = 1 + one.random() * 3; left > 0; left -= 1)
    database = Buffer.concat([database.subarray(0, 100), damaged(database.subarray(100), one.random)]);
  const header = JSON.parse(whole.toString('utf8', 0, end));
  const fitting = { ...header, bytes: database.length, sha256: sha256(database) };
  writeFileSync(path, Buffer.concat([Buffer.from(`${JSON.stringify(fitting)}\n`), database]));
  one.reached('sniffed', 'header');
  try {
    await gallery.restore('copy', path);
  } catch (error) {
    assert.equal(Object(error).code, 'snapshot-invalid', String(error));
    return;
  }
  one.reached('decoded', 'stored');
  assert.deepEqual(await gallery.damaged(), []);
  const { items } = await gallery.list('copy', { limit: 1000 });
  for (const { id, imageHash } of items) {
    const { bytes } = await gallery.image('copy', id);
    assert.equal(sha256(bytes), imageHash, `the picture of ${id} is another one`);
  }
  await gallery.search('copy', new Float32Array(dimension).fill(1), { k: 100, group: 'item' });
  await gallery.drop('copy');
}

async function snapshots(torture: Torture): Promise<void> {
  const row = torture.row('snapshots', { wanted: 200, least: 6 });
  await using gallery = await Gallery.open(join(torture.folder, 'data'));
  await gallery.create(settings('whole', dimension));
  await gallery.upsert(
    'whole',
    modelId,
    answeringItems(() => 0.3),
  );
  const path = join(torture.folder, 'shop.snapshot');
  await gallery.snapshot('whole', path);
  const whole = readFileSync(path);
  await row.run((one) => hostileSnapshot(gallery, path, whole, one));
  row.expectDepth('sniffed');
  assert.deepEqual(
    (await gallery.collections()).map(({ name }) => name),
    ['whole'],
  );
}

async function run(torture: Torture): Promise<void> {
  const root = join(torture.folder, 'files');
  mkdirSync(root);
  await using gallery = await Gallery.open(join(torture.folder, 'gallery'));
  const subjects = [
    ...(await modelSubjects(root)).subjects,
    ...(await weightsSubjects(root)),
    ...(await dataSubjects(root)),
    ...(await gallerySubjects(gallery)),
  ];
  for (const { name, inputs, passes, read, isExpected } of subjects) {
    const row = torture.row(name, { wanted: 200, least: 50 });
    await row.run(async (one) => {
      const input = sample(inputs, one.seed);
      if (passes(input)) one.reached('sniffed');
      try {
        await read(input);
        one.reached('decoded');
      } catch (error) {
        if (!isExpected(error)) throw error;
      }
    });
    row.expectDepth('sniffed');
  }
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  await snapshots(torture);
}

/** Files of every format that comes from outside, with bytes and values exchanged: read, or refused with an error of ours. */
export const scenario: Scenario = { rows: 18, share: 4, run };
