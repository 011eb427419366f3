// A gallery's thread that ends when it is asked for the collection `die`.
import { parentPort } from 'node:worker_threads';

parentPort?.on('message', ({ given }: { readonly given?: readonly unknown[] }) => {
  if (given?.[0] === 'die') process.exit(7);
});
await import('../../../../src/gallery/worker/worker.ts');
