// Takes the lock of a run folder when a file is there, says "held" or the code of the error, and waits to be killed.
import { existsSync } from 'node:fs';
import { SnapshelfError } from '../../../../src/errors.ts';
import { lockRun } from '../../../../src/train/run/run-lock.ts';

const [, , folder = '', start = ''] = process.argv;
console.log('ready');
while (!existsSync(start));
try {
  using _lock = lockRun(folder);
  console.log('held');
  await new Promise((resolve) => setTimeout(resolve, 60_000));
} catch (error) {
  console.log(error instanceof SnapshelfError ? error.code : String(error));
}
