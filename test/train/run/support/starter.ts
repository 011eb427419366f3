// Takes the lock of a run folder at a given time, says "held" or the code of the error, and waits to be killed.
import { SnapshelfError } from '../../../../src/errors.ts';
import { lockRun } from '../../../../src/train/run/run-lock.ts';

const [, , folder = '', time = '0'] = process.argv;
while (Date.now() < Number(time));
try {
  using _lock = lockRun(folder);
  console.log('held');
  await new Promise((resolve) => setTimeout(resolve, 60_000));
} catch (error) {
  console.log(error instanceof SnapshelfError ? error.code : String(error));
}
