// A loader's thread that starts well and ends when the first batch is asked for.
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', ({ kind }: { readonly kind: string }) => {
  if (kind === 'make') process.exit(3);
  if (kind === 'close') parentPort?.close();
});
parentPort?.postMessage({ kind: 'ready' });
