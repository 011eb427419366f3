// A server process of its own for tests: node serve-child.js DATA MODEL RECEIVER... Prints its address when it is ready.
import { runServer } from '../../src/server/index.ts';

const [data = '', model = '', ...allowWebhooks] = process.argv.slice(2);
try {
  const onReady = (url: string): void => {
    process.stdout.write(`${url}\n`);
  };
  // How long requests wait here depends on the machine: none is refused for it.
  await runServer({ data, model, allowWebhooks, port: 0, limits: { maxWaitMs: 60_000 }, onReady });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
