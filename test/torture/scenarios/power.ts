import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hashFile } from '../../../src/files/index.ts';
import { Gallery } from '../../../src/gallery/index.ts';
import { Evaluations, Keys } from '../../../src/server/index.ts';
import { eager, modelId } from '../../gallery/support/gallery.ts';
import { Ledger } from '../../gallery/worker/kill-model.ts';
import type { Try } from '../row.ts';
import type { Scenario, Torture } from '../scenario.ts';
import { type Acts, actsOf } from '../support/acts.ts';
import { labelsOf } from '../support/contents.ts';
import { Disk, type Loss } from '../support/disk.ts';
import { type DiskEvent, record, whyNoStrace } from '../support/strace.ts';

const script = fileURLToPath(new URL(`../support/power-child${extname(import.meta.url)}`, import.meta.url));
const losses: readonly Loss[] = ['strict', 'names', 'some'];

/** A record of writes and syncs, and the folder that they were made in. */
interface Recorded {
  readonly folder: string;
  readonly events: readonly DiskEvent[];
}

/** True for what a run does once, and was told that it is done: the moment at which a promise is easiest to break. */
const isActed = (event: DiskEvent | undefined): boolean =>
  event?.kind === 'print' && event.text.startsWith('{"acted"');

/**
 * The events after which something has become durable, or is to be, in the order in which the power is cut there: first those of
 * `isActed`, which a short run sees too, then from everywhere.
 */
function pointsOf(events: readonly DiskEvent[]): number[] {
  const points = events.flatMap(({ kind }, at) =>
    kind === 'sync' || kind === 'print' || kind === 'rename' ? [at] : [],
  );
  const acted = points.filter((at) => isActed(events[at]));
  const others = points.filter((at) => !isActed(events[at]));
  // A step that has no divisor in common with their number.
  const step = [101, 103, 107].find((prime) => others.length % prime !== 0) ?? 1;
  return [...acted, ...others.map((_, i) => others[(i * step) % others.length] as number)];
}

async function checkCollections(gallery: Gallery, { done, open }: Acts, output: string): Promise<void> {
  assert.deepEqual(await gallery.damaged(), []);
  const names = (await gallery.collections()).map(({ name }) => name);
  const told = done.some(({ created }) => created !== undefined);
  if (!told && !names.includes('shop')) return;
  assert.ok(names.includes('shop'), 'the collection is gone');
  const ledger = new Ledger();
  ledger.read(output);
  const labels = await labelsOf(gallery, 'shop');
  assert.deepEqual(ledger.check(labels), []);
  for (const id of [...labels.keys()].slice(0, 2)) {
    const { hits } = await gallery.search('shop', await gallery.vector('shop', id), { k: 30, group: 'item' });
    assert.ok(
      hits.some(({ item }) => item.id === id),
      `${id} is not found`,
    );
    await gallery.image('shop', id);
  }
  const model = done.find((act) => act['model'] !== undefined)?.['model'];
  const possible = [model ?? modelId, ...(open?.['model'] === undefined ? [] : [open['model']])];
  assert.ok(possible.includes((await gallery.info('shop')).modelId), 'the model is another one');
  const restored = done.find((act) => act['restored'] !== undefined);
  const isDropped = [...done, open ?? {}].some((act) => act['dropped'] !== undefined);
  if (restored !== undefined && !isDropped)
    assert.equal((await gallery.info('copy')).items, restored['items']);
  if (names.includes('copy')) await labelsOf(gallery, 'copy');
  if (done.some((act) => act['dropped'] !== undefined)) assert.ok(!names.includes('copy'), 'it was dropped');
}

/** Checks the files beside the collections. */
async function checkOthers(data: string, left: string, from: string, { done }: Acts): Promise<void> {
  for (const { snapshot, sha256 = '', key, evaluation } of done) {
    if (snapshot !== undefined) {
      const path = join(left, relative(from, snapshot));
      assert.ok(existsSync(path), 'the snapshot is gone');
      assert.equal((await hashFile(path)).sha256, sha256);
    }
    if (key !== undefined)
      assert.deepEqual(
        (await Keys.open(data)).list().map(({ name }) => name),
        [key],
      );
    if (evaluation !== undefined) {
      const run = (): Promise<never> => new Promise(() => {});
      (await Evaluations.open(data, { run })).get('shop', evaluation);
    }
  }
}

/** Cuts the power after an event, and opens what is left. */
async function cut({ folder, events }: Recorded, left: string, last: number, loss: Loss, one: Try) {
  const disk = new Disk(folder);
  let output = '';
  for (const [number, event] of events.slice(0, last + 1).entries()) {
    disk.perform(event, number);
    if (event.kind === 'print') output += event.text;
  }
  rmSync(left, { recursive: true, force: true });
  disk.leave(left, loss, one.random);
  const acts = actsOf(output);
  const data = join(left, 'data');
  try {
    await using gallery = await Gallery.open(data, { exactSearchLimits: eager });
    await checkCollections(gallery, acts, output);
    await checkOthers(data, left, folder, acts);
  } catch (error) {
    (error as Error).message =
      `${loss}, after event ${last} of ${events.length}: ${(error as Error).message}`;
    throw error;
  }
}

async function run(torture: Torture): Promise<void> {
  const reason = whyNoStrace();
  if (reason !== undefined) return torture.row('power cut', { wanted: 1 }).skip(reason);
  const folder = join(torture.folder, 'recorded');
  mkdirSync(folder);
  const events = await record(script, [folder, String(torture.terms.seed)], folder);
  const points = pointsOf(events);
  assert.ok(points.length > 50, `only ${points.length} points`);
  const row = torture.row('power cut', { wanted: points.length * losses.length, least: 12 });
  await row.run((one) => {
    const loss = losses[one.number % losses.length] ?? 'strict';
    const point = points[Math.floor(one.number / losses.length) % points.length] ?? 0;
    return cut({ folder, events }, join(torture.folder, 'left'), point, loss, one);
  });
}

/** The power is cut after each write, sync and acknowledgement of a run: what was acknowledged is there. */
export const scenario: Scenario = { rows: 1, share: 4, run };
