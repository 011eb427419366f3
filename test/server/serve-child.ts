// A server process of its own for tests: node serve-child.js OPTIONS, those of startServing as JSON. Prints its address when it is ready.
import { runServer } from '../../src/server/index.ts';
import type { ProcessOptions } from './child.ts';

const { receivers: allowWebhooks, ...options } = JSON.parse(process.argv[2] ?? '{}') as ProcessOptions;
try {
  const onReady = (url: string): void => {
    process.stdout.write(`${url}\n`);
  };
  // How long requests wait here depends on the machine: none is refused for it.
  await runServer({ ...options, allowWebhooks, port: 0, limits: { maxWaitMs: 60_000 }, onReady });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
