import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { SnapshelfError, serializeError } from '../../errors.ts';
import { withFile } from '../ann/durable-file.ts';
import { catalogueFile } from '../storage/collection-file.ts';
import { Database } from '../storage/database.ts';
import { copyCatalogue } from './copy.ts';
import { limitHeap, openForeign } from './foreign.ts';
import { invalid, readHeader } from './header.ts';
import { type RestoreMessage, type RestoreTask, unpackedFile } from './restore.ts';
import { pump } from './write.ts';

// The main module of a process that makes a catalogue from a snapshot. A process, because the file may be anybody's:
// neither a statement nor its memory can be bounded from inside, but a process can be killed.

/** Unpacks the database of a snapshot. Throws `snapshot-invalid` unless every byte is what its header says. */
function unpack(path: string, file: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
    throw invalid(path, 'there is no such file');
  const from = openSync(path, 'r');
  try {
    const { header, length } = readHeader(from, path);
    const { size } = fstatSync(from);
    if (size !== length + header.bytes)
      throw invalid(path, `it should have ${length + header.bytes} bytes, not ${size}`);
    const digest = withFile(file, 'wx', (to) => pump(from, length, to));
    if (digest.sha256 !== header.sha256) throw invalid(path, 'its SHA-256 is not that of its header');
  } finally {
    closeSync(from);
  }
}

async function restore({ path, folder }: RestoreTask): Promise<void> {
  const file = join(folder, unpackedFile);
  unpack(path, file);
  const scratch = new Database(':memory:');
  limitHeap(scratch);
  const foreign = openForeign(file);
  try {
    await copyCatalogue(foreign, join(folder, catalogueFile), (progress) =>
      process.send?.({ progress } satisfies RestoreMessage),
    );
  } finally {
    foreign.close();
    scratch.close();
  }
}

/** Without what is advised for a collection that is damaged: there is none. */
function reasonOf(error: unknown): string {
  if (error instanceof SnapshelfError && typeof error.details['why'] === 'string')
    return error.details['why'];
  return error instanceof Error ? error.message : String(error);
}

/** What a caller is told: a snapshot that is not accepted is `snapshot-invalid`, whatever it failed by. */
function translate(error: unknown, { path }: RestoreTask): unknown {
  if (error instanceof SnapshelfError && ['snapshot-invalid', 'disk-full'].includes(error.code)) return error;
  if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
    return new SnapshelfError(
      'disk-full',
      `There is no space left to restore ${path}; free some and try again.`,
    );
  return invalid(path, reasonOf(error), error);
}

async function answer(task: RestoreTask): Promise<RestoreMessage> {
  try {
    await restore(task);
    return { outcome: 'whole' };
  } catch (error) {
    return { outcome: serializeError(translate(error, task)) };
  }
}

process.once('disconnect', () => process.exit(1));
process.once('message', async (task: RestoreTask) => {
  new Worker(new URL('../inspect/watchdog.js', import.meta.url), { workerData: task.seconds }).unref();
  process.send?.(await answer(task), () => process.exit(0));
});
