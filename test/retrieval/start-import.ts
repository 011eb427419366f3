import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repositoryRoot } from '../support/repository.ts';

/** Options of a process that imports with others. */
export interface ImportChildOptions {
  readonly data: string;
  readonly engine: string;
  readonly model: string;
  /** The folder of pictures. */
  readonly source: string;
  readonly collection: string;
  readonly job: string;
  readonly leaseMs: number;
  /** Where it stands still once: before or after its first items are stored. Default: nowhere. */
  readonly halt?: 'before' | 'after';
}

/** What the process prints at its end. */
interface ImportCounts {
  readonly added: number;
  readonly unchanged: number;
  readonly failures: readonly (readonly [string, string])[];
}

/** A process that imports with others. */
export interface ImportChild {
  /** Resolves with the ids of its first items when it stands still before or after they are stored. */
  readonly halted: Promise<readonly string[]>;
  /** Resolves with what it prints at its end. */
  readonly counts: Promise<ImportCounts>;
  /** Lets it go on from where it stands still. */
  goOn(): void;
  send(signal: NodeJS.Signals): void;
  /** Resolves when it has ended. */
  readonly ended: Promise<unknown>;
}

const children = new Set<ChildProcess>();

/** Ends those that a test that failed has left. */
export function endImports(): void {
  for (const child of children) child.kill('SIGKILL');
}

const script = join(repositoryRoot, 'dist', 'test', 'retrieval', 'import-child.js');

/** Starts a process that imports with others. Its promises reject with what it said when it ends before. */
export function startImport(options: ImportChildOptions): ImportChild {
  const child = spawn(process.execPath, [script, JSON.stringify(options)]);
  children.add(child);
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const ended = once(child, 'close');
  const lines = createInterface(child.stdout);
  const line = async <T>(name: string): Promise<T> => {
    const seek = new Promise<T>((resolve) => {
      lines.on('line', (text) => {
        const read = JSON.parse(text);
        if (name in read) resolve(name === 'ids' ? read.ids : read);
      });
    });
    const early = ended.then(() => Promise.reject(new Error(`The process has ended: ${errors}`)));
    // What nobody asks for is not told.
    early.catch(() => {});
    return Promise.race([seek, early]) as Promise<T>;
  };
  const halted = line<readonly string[]>('ids');
  const counts = line<ImportCounts>('added');
  for (const one of [halted, counts]) one.catch(() => {});
  return {
    halted,
    counts,
    ended,
    goOn: () => void child.stdin.write('go on\n'),
    send: (signal) => void child.kill(signal),
  };
}
