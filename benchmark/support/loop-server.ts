// A server as a process of its own that watches its own event loop: node loop-server.js DATA MODEL. Tells its parent the
// address when it is ready; answers each message with the largest delay since the one before, in milliseconds.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { runServer } from '../../src/server/index.ts';

const [data = '', model] = process.argv.slice(2);
const delays = monitorEventLoopDelay({ resolution: 1 });
delays.enable();
process.on('message', () => {
  process.send?.({ delay: delays.max / 1e6 });
  delays.reset();
});
const onReady = (url: string): void => void process.send?.({ url });
await runServer({ data, model, port: 0, embed: { provider: 'cpu' }, onReady });
process.disconnect();
