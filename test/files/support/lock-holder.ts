// A process that takes the lock of a folder: prints "held" or the code of the error, and holds it until it is killed.
import { SnapshelfError } from '../../../src/errors.ts';
import { FolderLock } from '../../../src/files/index.ts';

const error = (code: 'run-busy' | 'run-invalid'): SnapshelfError => new SnapshelfError(code, 'No.');
try {
  new FolderLock(process.argv[2] ?? '', {
    name: 'lock',
    busy: () => error('run-busy'),
    foreign: () => error('run-invalid'),
  });
  // Nothing refers to the lock: it must be held all the same.
  globalThis.gc?.();
  console.log('held');
  setInterval(() => {}, 1000);
} catch (failure) {
  console.log((failure as SnapshelfError).code);
}
