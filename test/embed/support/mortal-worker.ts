// The real worker, except that a batch with a first pixel of `deeds.exit` or `deeds.throw` kills it.
import { parentPort } from 'node:worker_threads';
import type { Request } from '../../../src/embed/protocol.ts';
import { deeds } from './deeds.ts';

function mortal(request: Request): void {
  if (request.kind !== 'run') return;
  if (request.pixels[0] === deeds.exit) process.exit(3);
  if (request.pixels[0] === deeds.throw) throw new RangeError('a planted error');
}

await import('../../../src/embed/worker.ts');
parentPort?.on('message', mortal);
