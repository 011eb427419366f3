// What becomes of searches when 5 and 10 times as many come as can be done? From 256 connections only 200 and 503, the
// 99th percentile of the accepted within the limit of waiting and three times that of an idle server, refusals at once.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Retriever } from '../src/retrieval/index.ts';
import { flood, type Repeated, summariseFlood } from './support/flood.ts';
import { percentile } from './support/open-loop.ts';
import { photo } from './support/photo.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

const connections = 256;
/** Most that the limit of waiting is by default, milliseconds. */
const limits = { least: 50, most: 1000 };

async function startServer(data: string): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const script = new URL(`./support/server-process${extname(import.meta.url)}`, import.meta.url);
  const child = spawn(process.execPath, [fileURLToPath(script), data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { url: `${url}`, child };
}

async function fill(data: string): Promise<void> {
  await using retriever = await Retriever.open(data, { model: 'snapshelf-lite' });
  await retriever.createCollection('shop');
  const items = Array.from({ length: 32 }, async (_, i) => ({
    id: `item-${i}`,
    image: await photo(i, 320, 240),
  }));
  await retriever.add('shop', await Promise.all(items));
}

async function searchOf(url: string): Promise<Repeated> {
  const form = new FormData();
  form.set('image', new Blob([await photo(99, 640, 480)]), 'photo.jpg');
  const { headers, body } = await packed(form);
  return { url: `${url}/v1/collections/shop/search`, headers, body };
}

async function packed(form: FormData): Promise<Pick<Repeated, 'headers' | 'body'>> {
  const response = new Response(form);
  const headers = { 'content-type': response.headers.get('content-type') ?? '' };
  return { headers, body: new Uint8Array(await response.arrayBuffer()) };
}

const line = (what: string, value: string, verdict = ''): void =>
  console.log(`  ${what.padEnd(44)} ${value.padStart(24)}   ${verdict}`);

const met = (isMet: boolean): string => (isMet ? 'met' : 'MISSED');

async function measure(what: Repeated, seconds: number): Promise<void> {
  await flood(what, { connections: 1, seconds: seconds / 4 }); // Warms up.
  const idle = (await flood(what, { connections: 1, seconds })).map(({ ms }) => ms);
  const unloaded = percentile(idle, 0.99);
  line('one at a time: p50, p99', `${percentile(idle, 0.5).toFixed(0)}, ${unloaded.toFixed(0)} ms`);
  const full = summariseFlood(await flood(what, { connections: 4, seconds }), seconds);
  line('capacity', `${full.perSecond.toFixed(0)} searches/s`);
  const waitMs = Math.min(Math.max(2 * percentile(idle, 0.5), limits.least), limits.most);
  for (const times of [5, 10]) {
    const perSecond = times * full.perSecond;
    const { statuses, accepted, refused, ...rest } = summariseFlood(
      await flood(what, { connections, perSecond, seconds }),
      seconds,
    );
    const others = Object.keys(statuses).filter((status) => status !== '200' && status !== '503');
    line(`${times} x: answers by status`, JSON.stringify(statuses), met(others.length === 0));
    line(`${times} x: accepted per second`, rest.perSecond.toFixed(0));
    const bound = waitMs + 3 * unloaded;
    line(
      `${times} x: accepted p50, p99`,
      `${accepted.map((ms) => ms.toFixed(0)).join(', ')} ms`,
      `target <= ${bound.toFixed(0)}   ${met(accepted[1] <= bound)}`,
    );
    line(
      `${times} x: refused p50, p99`,
      `${refused.map((ms) => ms.toFixed(0)).join(', ')} ms`,
      `target < 50   ${met(!(refused[1] >= 50))}`,
    );
    line(`${times} x: refusals without Retry-After`, `${rest.withoutRetry}`, met(rest.withoutRetry === 0));
  }
}

export async function run(options: { readonly quick: boolean }): Promise<void> {
  await inTemporaryFolder(async (folder) => {
    const data = join(folder, 'data');
    await fill(data);
    const { url, child } = await startServer(data);
    const ended = once(child, 'close');
    await measure(await searchOf(url), options.quick ? 1 : 20).finally(() => child.kill('SIGTERM'));
    await ended;
  });
}
