// A server as a process of its own: node server-process.js DATA. Prints its address when it is ready.
import { runServer } from '../../src/server/index.ts';

const [data = ''] = process.argv.slice(2);
const onReady = (url: string): void => {
  process.stdout.write(`${url}\n`);
};
await runServer({ data, port: 0, embed: { provider: 'cpu' }, onReady });
