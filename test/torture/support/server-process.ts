// A server that is tortured: serves with the options of its only argument until SIGTERM, and tells its load now and then.
import { runServer, type ServerOptions } from '../../../src/server/index.ts';
import { startMeter } from '../meter.ts';

const load = startMeter();
const tell = (): void => {
  if (process.connected) process.send?.({ load: load() });
};
setInterval(tell, 100).unref();
const options = JSON.parse(process.argv[2] ?? '{}') as ServerOptions;
const onReady = (url: string): void => {
  process.send?.({ url });
  // From here on, only the signal keeps the server alive or ends it.
  process.channel?.unref();
};
await runServer({ ...options, port: 0, onReady });
tell();
