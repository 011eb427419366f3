import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { deserializeError, type SerializedError, SnapshelfError } from '../../errors.ts';
import { mainModule } from '../../main-module.ts';
import { inheritedFlags } from '../../threads/index.ts';

/** The verdict of the process on a file: no error if it may be opened. */
export interface Verdict {
  readonly error?: SerializedError;
  /** True if rows are damaged, or indexes of them: they have to be compared. */
  readonly isDoubtful?: true;
}

/** The files that are not to be opened, with the reason, and those of which rows and indexes have to be compared. */
export interface Preflight {
  readonly errors: ReadonlyMap<string, Error>;
  readonly doubtful: ReadonlySet<string>;
}

const script = fileURLToPath(mainModule(import.meta.url, './preflight-process'));
const secondsAtLeast = 30;
const bytesPerSecond = 64 * 1024 * 1024;

/**
 * Looks at the catalogues of collections before they are opened, in a process that is killed when it takes too long: a
 * file whose tree is twisted has SQLite go round in it, and no thread can be stopped then. Blocks the calling thread.
 */
export function preflight(files: readonly string[], seconds: number = deadlineOf(files)): Preflight {
  const errors = new Map<string, Error>();
  const doubtful = new Set<string>();
  for (let left = files; left.length > 0; ) {
    const verdicts = inspect(left, seconds);
    for (const [i, { error, isDoubtful }] of verdicts.entries()) {
      if (error !== undefined) errors.set(left[i] ?? '', deserializeError(error));
      if (isDoubtful === true) doubtful.add(left[i] ?? '');
    }
    const culprit = left[verdicts.length];
    if (culprit !== undefined) errors.set(culprit, stuck(culprit, seconds));
    left = left.slice(verdicts.length + 1);
  }
  return { errors, doubtful };
}

/** The verdicts on the files up to the first that has none, because the process ended over it. */
function inspect(files: readonly string[], seconds: number): Verdict[] {
  const { stdout } = spawnSync(process.execPath, [...inheritedFlags(), script, String(seconds)], {
    input: JSON.stringify(files),
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: 1000 * seconds,
    killSignal: 'SIGKILL',
    maxBuffer: 2 ** 26,
  });
  const lines = (stdout ?? '').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Verdict);
}

const stuck = (file: string, seconds: number): SnapshelfError =>
  new SnapshelfError(
    'gallery-damaged',
    `The database ${file} cannot be read: looking at it ended the process that did, or took more than ${seconds} s.`,
  );

/** More for large files, whose rows are counted. */
function deadlineOf(files: readonly string[]): number {
  const bytes = files.map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0);
  return secondsAtLeast + Math.ceil(bytes.reduce((sum, size) => sum + size, 0) / bytesPerSecond);
}
