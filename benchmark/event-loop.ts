// Does any request keep the server from the others? Bodies at each limit and hostile ones beyond it, one after the other,
// to a server process that measures its own event loop (monitorEventLoopDelay, a millisecond's resolution) meanwhile.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Body, bodies } from './support/bodies.ts';
import { type Amounts, makeLargeData } from './support/large-data.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';
import { WatchedServer } from './support/watched-server.ts';

const full: Amounts = { items: 1100, entries: 200_000 };
const quick: Amounts = { items: 40, entries: 2000 };
const model = fileURLToPath(new URL('../../models/snapshelf-lite.onnx', import.meta.url));
/** No request may keep the event loop for longer, milliseconds. */
const bar = 50;

interface Measured {
  readonly status: number;
  readonly bytes: number;
  readonly ms: number;
  readonly delay: number;
}

async function measure(server: WatchedServer, { send }: Body): Promise<Measured> {
  await server.largestDelay();
  const start = performance.now();
  const response = await send(server.url);
  const bytes = (await response.arrayBuffer()).byteLength;
  const ms = performance.now() - start;
  // What is cleared away after an answer counts too.
  await sleep(30);
  return { status: response.status, bytes, ms, delay: await server.largestDelay() };
}

/** The largest delay while nobody asks for anything: what the machine itself does. */
async function idleDelay(server: WatchedServer, ms: number): Promise<number> {
  await server.largestDelay();
  await sleep(ms);
  return server.largestDelay();
}

function line(name: string, { status, bytes, ms, delay }: Measured, expected: number): void {
  const verdict = status === expected ? '' : `   EXPECTED ${expected}`;
  const size = `${(bytes / 1024).toFixed(0)} KiB`.padStart(11);
  console.log(
    `  ${name.padEnd(62)} ${status} ${size} ${ms.toFixed(0).padStart(7)} ms, delay ${delay.toFixed(1).padStart(6)} ms${verdict}`,
  );
}

export async function run(options: { readonly quick: boolean }): Promise<void> {
  await readFile(model);
  const amounts = options.quick ? quick : full;
  await inTemporaryFolder(async (folder) => {
    const data = join(folder, 'data');
    const made = await makeLargeData(data, model, amounts);
    const server = await WatchedServer.start(data, model);
    const each = await bodies({ ...made, entries: amounts.entries });
    const all = options.quick ? each.filter((_, at) => at % 4 === 0) : each;
    let largest = 0;
    let within = 0;
    try {
      for (const body of all) {
        const measured = await measure(server, body);
        largest = Math.max(largest, measured.delay);
        if (measured.delay <= bar) within += 1;
        line(body.name, measured, body.status);
        await body.afterwards?.(server.url);
      }
      const idle = await idleDelay(server, options.quick ? 500 : 10_000);
      console.log(`  ${all.length} bodies; within ${bar} ms: ${within}; idle: ${idle.toFixed(1)} ms`);
      console.log(
        `  largest delay ${largest.toFixed(1)} ms   target <= ${bar}   ${largest <= bar ? 'met' : 'MISSED'}`,
      );
    } finally {
      await server.close();
    }
  });
}
