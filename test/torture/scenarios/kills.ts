import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readModelFile } from '../../../src/model/index.ts';
import { Retriever } from '../../../src/retrieval/index.ts';
import { Evaluations } from '../../../src/server/index.ts';
import { Ledger } from '../../gallery/worker/kill-model.ts';
import { stripes } from '../../support/pictures.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';
import type { Try } from '../row.ts';
import type { Scenario, Torture } from '../scenario.ts';
import { type Acts, actsOf } from '../support/acts.ts';
import { labelsOf } from '../support/contents.ts';
import { killSaves } from '../support/kill-saves.ts';
import { type KillWork, pictureCount } from '../support/kill-work.ts';
import { killWriters } from '../support/kill-writes.ts';
import { workAndKill } from '../support/work-and-kill.ts';

const kinds: readonly KillWork['kind'][] = [
  'writes',
  'deletes',
  'snapshot',
  'restore',
  'reindex',
  'evaluation',
];
const child = fileURLToPath(new URL(`../support/kill-child${extname(import.meta.url)}`, import.meta.url));

/** The scenario's state from one kill to the next. */
class Shelf {
  readonly folder: string;
  readonly ledger = new Ledger();
  readonly #models = new Map<string, string>();
  #model = '';
  #base: ReadonlyMap<string, string | null> = new Map();
  #round = 0;

  constructor(folder: string) {
    this.folder = folder;
  }

  get #data(): string {
    return join(this.folder, 'data');
  }

  async prepare(): Promise<void> {
    for (const [seed, name] of ['a.onnx', 'b.onnx'].entries()) {
      const path = join(this.folder, name);
      this.#models.set(path, (await writeTinyModel(path, { seed: seed + 1 })).id);
    }
    for (let i = 0; i < pictureCount; i += 1)
      await writeFile(join(this.folder, `${i}.jpg`), await stripes(30 * i, 4 + i));
    const model = join(this.folder, 'a.onnx');
    this.#model = (await readModelFile(model)).id;
    await using retriever = await Retriever.open(this.#data, { model });
    await retriever.createCollection('shop');
    const image = readFileSync(join(this.folder, '0.jpg'));
    const add = { sent: 0, ids: ['i0', 'i1', 'i2'], version: 'base' };
    await retriever.add(
      'shop',
      add.ids.map((id) => ({ id, image, label: 'base' })),
    );
    this.ledger.read(`${JSON.stringify(add)}\n{"acknowledged":0}\n`);
    this.ledger.check(new Map());
    await retriever.gallery.snapshot('shop', join(this.folder, 'base.snapshot'));
    this.#base = await labelsOf(retriever.gallery, 'shop');
  }

  /** Lets a worker begin, kills it, opens what it has left and checks all that was acknowledged. */
  async kill(kind: KillWork['kind'], { seed, random }: Try): Promise<void> {
    const round = ++this.#round;
    const first = this.#model === this.#models.get(join(this.folder, 'a.onnx')) ? 1 : 0;
    const output = await workAndKill(
      child,
      { folder: this.folder, kind, round, seed, first } satisfies KillWork,
      10 + random() * 400,
    );
    this.ledger.read(output);
    const acts = actsOf(output);
    await using retriever = await Retriever.open(this.#data);
    const { gallery } = retriever;
    assert.deepEqual(await gallery.damaged(), []);
    const found = await labelsOf(gallery, 'shop');
    const problems = this.ledger.check(found);
    assert.deepEqual(problems, []);
    assert.equal((await gallery.info('shop')).items, found.size);
    await this.#checkSearch(retriever, [...found.keys()]);
    await this.#checkModel(retriever, acts);
    await this.#checkCopies(retriever, acts, found);
    await this.#checkEvaluations(acts);
  }

  async #checkSearch({ gallery }: Retriever, ids: readonly string[]): Promise<void> {
    for (const id of ids.slice(0, 3)) {
      const { hits } = await gallery.search('shop', await gallery.vector('shop', id), {
        k: 60,
        group: 'item',
      });
      const own = hits.find(({ item }) => item.id === id);
      assert.ok((own?.distance ?? 1) < 1e-5, `${id} is not found by its vector`);
    }
  }

  async #checkModel({ gallery }: Retriever, { done, open }: Acts): Promise<void> {
    const { modelId } = await gallery.info('shop');
    const last = done.findLast(({ model }) => model !== undefined)?.['model'];
    const known = last === undefined ? this.#model : (this.#models.get(last) ?? '');
    const possible = new Set([known, this.#models.get(open?.['model'] ?? '') ?? known]);
    assert.ok(possible.has(modelId), `the model is ${modelId}, not of ${[...possible]}`);
    this.#model = modelId;
  }

  /** Snapshots are whole, restored collections too; what was not acknowledged is whole or absent. */
  async #checkCopies(
    { gallery }: Retriever,
    { done, open }: Acts,
    found: ReadonlyMap<string, string | null>,
  ): Promise<void> {
    const acts = [...done, ...(open === undefined ? [] : [open])];
    for (const [at, act] of acts.entries()) {
      const { snapshot, restored } = act;
      const acknowledged = at < done.length;
      if (restored !== undefined) {
        const names = (await gallery.collections()).map(({ name }) => name);
        assert.ok(!acknowledged || names.includes(restored), `${restored} is gone`);
        if (!names.includes(restored)) continue;
        assert.deepEqual(await labelsOf(gallery, restored), this.#base);
        await gallery.drop(restored);
      }
      if (snapshot === undefined) continue;
      assert.ok(!acknowledged || existsSync(snapshot), `${snapshot} is gone`);
      // The last one holds what the collection holds; restoring all of them would take too long.
      if (existsSync(snapshot) && at >= acts.length - 1) {
        await gallery.restore('copy', snapshot);
        const copy = await labelsOf(gallery, 'copy');
        await gallery.drop('copy');
        // Nothing was written since the one that was still open.
        if (!acknowledged) assert.deepEqual(copy, found);
        assert.ok(copy.size > 0 || found.size === 0);
      }
      rmSync(snapshot, { force: true });
    }
  }

  async #checkEvaluations({ done }: Acts): Promise<void> {
    const run = (): Promise<never> => new Promise(() => {});
    const evaluations = await Evaluations.open(this.#data, { run });
    for (const { evaluation, state } of done) {
      if (evaluation === undefined) continue;
      const job = evaluations.get('shop', evaluation);
      if (state !== undefined) assert.equal(job.state, state);
      if (state === 'done') JSON.parse(readFileSync(evaluations.reportOf('shop', evaluation), 'utf8'));
    }
    for (const { evaluation } of done)
      if (evaluation !== undefined)
        rmSync(join(this.#data, 'evaluations', evaluation), { recursive: true, force: true });
  }
}

async function run(torture: Torture): Promise<void> {
  const shelf = new Shelf(torture.folder);
  await shelf.prepare();
  for (const kind of kinds)
    await torture.row(`kill -9 amid ${kind}`, { wanted: 40 }).run((one) => shelf.kill(kind, one));
  await killWriters(torture);
  await killSaves(torture);
}

/** A process that works is killed at any moment: what it was told that is done, is there. */
export const scenario: Scenario = { rows: kinds.length + 4, share: 6, run };
