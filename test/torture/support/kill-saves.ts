import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SearchAnswer } from '../../../src/engine/index.ts';
import { DataFolder, type DataFolderOptions } from '../../../src/gallery/worker/data-folder.ts';
import { silentLogger } from '../../../src/log.ts';
import type { Sliced } from '../../../src/threads/index.ts';
import { eager, item, modelId, settings } from '../../gallery/support/gallery.ts';
import type { Torture } from '../scenario.ts';
import { actsOf } from './acts.ts';
import type { WriterWork } from './kill-writes.ts';
import { workAndKill } from './work-and-kill.ts';

const child = fileURLToPath(new URL(`./kill-writer-child${extname(import.meta.url)}`, import.meta.url));
/** So wide that a block of the file of vectors has 800. */
const dimension = 1024;
/** Of which so many change that it is worth to save them. */
const items = 1100;
const changed = 1001;

const vectorOf = (row: number, version: number): number[] =>
  Array.from({ length: dimension }, (_, i) => Math.sin((row + 1) * (0.37 + i * 0.011) + version));

/** Opens a data folder in this thread, with an index and a file of vectors however few they are. */
export function openSaves(data: string, warnings: string[] = []): DataFolder {
  const warn = (message: string, fields?: object): void =>
    void warnings.push(`${message} ${JSON.stringify(fields)}`);
  const options: DataFolderOptions & { readonly above: number } = {
    directory: data,
    readOnly: false,
    createIfMissing: true,
    log: { ...silentLogger, warn, error: warn },
    exactSearchLimits: eager,
    maxCollections: 10,
    openCollections: 10,
    above: 0,
  };
  return new DataFolder(options);
}

/** Writes most of the items in one transaction, with a version as their label; makes the collection with all of them. */
export function writeVersion(store: DataFolder, version: number): void {
  const isNew = store.create(settings('shop', dimension)).items === 0;
  const of = (row: number) => item(`i${row}`, vectorOf(row, version), { label: String(version) });
  const count = isNew ? items : changed;
  store.collection('shop').upsert(
    modelId,
    Array.from({ length: count }, (_, row) => of(row)),
  );
}

function finish(work: Sliced<SearchAnswer>): SearchAnswer {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/**
 * Kills a process that saves its index and its vectors: each file is the former one or the new one, whole, nothing is left beside them, and
 * searches find what was written.
 */
export async function killSaves(torture: Torture): Promise<void> {
  const row = torture.row('kill -9 amid saving', { wanted: 40 });
  if (!row.isWanted) return;
  const folder = join(torture.folder, 'saving');
  mkdirSync(folder);
  let version = 0;
  await row.run(async ({ random }) => {
    const work: WriterWork = { kind: 'saving', folder, first: version + 1 };
    const acts = actsOf(await workAndKill(child, work, random() * 250)).done;
    const last = Number(acts.at(-1)?.['version'] ?? version);
    const warnings: string[] = [];
    const store = openSaves(join(folder, 'data'), warnings);
    try {
      while (store.isBehind()) store.work();
      assert.deepEqual(warnings, []);
      const shop = store.collection('shop');
      version = Number(shop.items.get('i0').label);
      assert.ok(version === last || version === last + 1, `version ${version} where ${last} was written`);
      for (const [id, at] of [
        ['i0', 0],
        ['i1000', 1000],
      ] as const)
        for (const exact of [true, false]) {
          const query = Float32Array.from(vectorOf(at, version));
          const [hit] = finish(shop.search(query, { k: 1, exact })).hits;
          assert.deepEqual([hit?.item.id, hit?.item.label], [id, String(version)]);
          assert.ok((hit?.distance ?? 1) < 1e-6);
        }
      const left = readdirSync(dirname(shop.file)).filter((name) => name.endsWith('.tmp'));
      assert.deepEqual(left, []);
    } finally {
      store.close();
    }
  });
}
