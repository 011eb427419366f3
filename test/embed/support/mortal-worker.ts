// The real worker, except that a batch with a first pixel of `deeds.exit` or `deeds.throw` kills it.
import { parentPort } from 'node:worker_threads';
import { deeds } from './deeds.ts';

function mortal({ operation, given }: { operation?: string; given?: [Uint8Array] }): void {
  if (operation !== 'run') return;
  if (given?.[0][0] === deeds.exit) process.exit(3);
  if (given?.[0][0] === deeds.throw) throw new RangeError('a planted error');
}

await import('../../../src/embed/inference-thread.ts');
parentPort?.on('message', mortal);
