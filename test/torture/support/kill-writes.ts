import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Retriever, type VectorItemFiles } from '../../../src/retrieval/index.ts';
import { Webhooks } from '../../../src/server/index.ts';
import { VectorFileWriter } from '../../../src/tensor/index.ts';
import type { Torture } from '../scenario.ts';
import { actsOf } from './acts.ts';
import { labelsOf } from './contents.ts';
import { workAndKill } from './work-and-kill.ts';

/** What a process of `kill-writer-child` does. */
export interface WriterWork {
  readonly kind: 'import' | 'post' | 'deliveries' | 'saving';
  readonly folder: string;
  /** Whether the file a (0) or b (1) is imported first; the number of the first version that is written. */
  readonly first: number;
}

/** The receiver of the webhook. */
export const webhookUrl = 'https://receiver.example/';
/** A sender whose receiver is always busy. */
export const quiet = {
  check: String,
  send: async () => ({ status: 500, retryAfter: undefined }),
  close: async () => {},
};

const child = fileURLToPath(new URL(`./kill-writer-child${extname(import.meta.url)}`, import.meta.url));
export const rows = 3000;
/** Rows of a transaction, and of a request. */
export const atOnce = 1000;

/** The files that are imported: of the same items, but with other labels and vectors. */
export const filesOf = (folder: string, name: string): VectorItemFiles => ({
  vectors: join(folder, `${name}.npy`),
  items: join(folder, `${name}.jsonl`),
});

export const vectorOf = (row: number, name: string): Float32Array =>
  Float32Array.of(row, name === 'a' ? 1 : 2, Math.sin(row), 5);

async function writeFiles(folder: string, name: string): Promise<void> {
  const { vectors, items } = filesOf(folder, name);
  const file = await VectorFileWriter.create(vectors);
  for (let row = 0; row < rows; row += 1) await file.append(vectorOf(row, name));
  await file.finish();
  const lines = Array.from({ length: rows }, (_, row) => `{"id":"i${row}","label":"${name}"}\n`);
  writeFileSync(items, lines.join(''));
}

/**
 * Kills imports, or a server that is sent such rows: what was told as done is stored, each transaction whole or not at all, and the next import goes
 * on from there.
 */
async function killImports(torture: Torture, kind: 'import' | 'post', title: string): Promise<void> {
  const row = torture.row(`kill -9 amid ${title}`, { wanted: 40 });
  if (!row.isWanted) return;
  const folder = join(torture.folder, kind);
  mkdirSync(folder);
  for (const name of ['a', 'b']) await writeFiles(folder, name);
  let before: string | undefined;
  await row.run(async ({ random }) => {
    const first = before === 'a' ? 1 : 0;
    const work: WriterWork = { kind, folder, first };
    // By lines, so that a busy machine gets as far.
    const lines = 1 + Math.floor(random() * 7);
    const acts = actsOf(await workAndKill(child, work, random() * 60, lines)).done;
    const last = acts.at(-1);
    let [file = first === 0 ? 'a' : 'b', done] = [last?.['file'], Number(last?.['done'] ?? 0)];
    if (acts.length >= rows / atOnce) before = file === 'a' ? 'b' : 'a';
    if (done === rows) [before, file, done] = [file, file === 'a' ? 'b' : 'a', 0];
    await using retriever = await Retriever.open(join(folder, 'data'));
    const found = await labelsOf(retriever.gallery, 'shop');
    const label = (at: number): string | null | undefined => found.get(`i${at}`);
    const upTo = done < rows && label(done) === file ? done + atOnce : done;
    for (let at = 0; at < rows; at += 1)
      assert.equal(label(at), at < upTo ? file : before, `row ${at}, where ${done} of ${file} were done`);
    const { modelId } = await retriever.gallery.info('shop');
    const report = await retriever.importVectors('shop', modelId, filesOf(folder, file));
    const { added, replaced, unchanged } = report;
    assert.deepEqual([unchanged, added + replaced.count], [upTo, rows - upTo]);
    assert.equal((await retriever.gallery.info('shop')).items, rows);
    assert.deepEqual(await retriever.gallery.vector('shop', 'i7'), vectorOf(7, file));
    before = file;
  });
}

/** Kills a process that queues deliveries: all that were told as queued are there. */
async function killDeliveries(torture: Torture): Promise<void> {
  const row = torture.row('kill -9 amid deliveries of webhooks', { wanted: 40 });
  await row.run(async ({ number, random }) => {
    const folder = join(torture.folder, `deliveries-${number}`);
    mkdirSync(folder);
    const work: WriterWork = { kind: 'deliveries', folder, first: 0 };
    const lines = 1 + Math.floor(random() * 60);
    const acts = actsOf(await workAndKill(child, work, random() * 20, lines)).done;
    const webhook = acts[0]?.['webhook'] ?? '';
    const webhooks = await Webhooks.open(folder, { sender: quiet });
    const found = new Set(webhooks.deliveries(webhook).map(({ id }) => id));
    await webhooks.close();
    for (const { delivery } of acts.slice(1)) assert.ok(found.has(delivery ?? ''), `${delivery} is gone`);
  });
}

/** Kills processes that import vectors, that are sent some, and that queue deliveries. */
export async function killWriters(torture: Torture): Promise<void> {
  await killImports(torture, 'import', 'an import of vectors');
  await killImports(torture, 'post', 'requests of vectors');
  await killDeliveries(torture);
}
