// A process that takes the lock of a folder: prints "held" or the code of the error, and holds it until it is killed, also
// though nothing refers to the lock and the garbage is collected.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SnapshelfError } from '../../../src/errors.ts';
import { FolderLock } from '../../../src/files/index.ts';

const error = (code: 'run-busy' | 'run-invalid'): SnapshelfError => new SnapshelfError(code, 'No.');
try {
  new FolderLock(process.argv[2] ?? '', {
    name: 'lock',
    busy: () => error('run-busy'),
    foreign: () => error('run-invalid'),
  });
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  setInterval(collectGarbage, 20);
  setTimeout(() => console.log('held'), 100);
} catch (failure) {
  console.log((failure as SnapshelfError).code);
}
