import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SnapshelfClient, type VectorToImport } from '../../../src/client/index.ts';
import { VectorFileWriter } from '../../../src/tensor/index.ts';
import { WatchedServer } from '../../support/watched-server.ts';
import type { Bench } from '../bench.ts';
import { fieldsOf } from '../metadata.ts';
import type { Part } from '../results.ts';
import { readRows } from '../vectors.ts';

const cli = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));
const perRead = 1000;
/** Vectors from which the import over HTTP is left out. */
const manyRows = 500_000;

/** Imports the vectors into new collections: by the command line from a .npy file, and over HTTP by the client. */
export async function importVectors({ set, folder, say }: Bench): Promise<Part<'import'>> {
  const files = { vectors: join(folder, 'vectors.npy'), items: join(folder, 'items.jsonl') };
  const data = join(folder, 'imported');
  await rm(data, { recursive: true, force: true });
  say('writing the files of the import');
  await writeFiles(set, files);
  say('importing by the command line');
  const commandSeconds = await secondsOf(() => runImport(data, files));
  let httpSeconds: number | null = null;
  if (set.rows < manyRows) {
    say('importing over HTTP');
    httpSeconds = await secondsOf(async () => importOverHttp(data, set));
  }
  for (const path of [data, files.vectors, files.items]) await rm(path, { recursive: true, force: true });
  return { commandSeconds, httpSeconds };
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

async function writeFiles(set: Bench['set'], paths: { vectors: string; items: string }): Promise<void> {
  const vectors = await VectorFileWriter.create(paths.vectors);
  const items = createWriteStream(paths.items);
  for (let at = 0; at < set.rows; at += perRead) {
    const some = await readRows(set, at, Math.min(perRead, set.rows - at));
    for (const [i, vector] of some.entries()) {
      await vectors.append(vector);
      if (!items.write(`${JSON.stringify(fieldsOf(at + i, set))}\n`)) await once(items, 'drain');
    }
  }
  await vectors.finish();
  items.end();
  await once(items, 'close');
}

async function runImport(
  data: string,
  { vectors, items }: { vectors: string; items: string },
): Promise<void> {
  const args = ['import-vectors', vectors, '--items', items, '--data', data, '--collection', 'command'];
  const child = spawn(process.execPath, [cli, ...args, '--vectors-of', 'peers'], { stdio: 'ignore' });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`import-vectors ended with ${code}`);
}

async function importOverHttp(data: string, set: Bench['set']): Promise<void> {
  const server = await WatchedServer.start(data, 'imagenet-lite0');
  try {
    const client = new SnapshelfClient(server.url);
    await client.createCollection('http', { vectorsOf: { name: 'peers', dimension: set.dimension } });
    const { done, failed } = await client.importVectors('http', rowsOf(set), { model: 'peers' });
    if (done !== set.rows || failed.length > 0) throw new Error(`${failed.length} of ${done} vectors failed`);
  } finally {
    await server.close();
  }
}

async function* rowsOf(set: Bench['set']): AsyncGenerator<VectorToImport> {
  for (let at = 0; at < set.rows; at += perRead)
    for (const [i, vector] of (await readRows(set, at, Math.min(perRead, set.rows - at))).entries())
      yield { ...fieldsOf(at + i, set), vector } as VectorToImport;
}
