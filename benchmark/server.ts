// What does the server add to the model's own run, and does it stay responsive? One client that uploads a photo and
// waits; 10 uploads a second whatever happens; the same while the collection is evaluated, and while another client
// imports pictures in batches.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { randomNumbers } from '../src/random.ts';
import { Retriever } from '../src/retrieval/index.ts';
import { median } from './support/measure.ts';
import { type Latencies, openLoop, percentile } from './support/open-loop.ts';
import { photo } from './support/photo.ts';
import { randomNetwork } from './support/random-network.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

interface Scale {
  /** Items in the gallery. */
  readonly items: number;
  /** Requests of the one client. */
  readonly requests: number;
  /** Length of each open loop. */
  readonly seconds: number;
  /** Pictures to import. */
  readonly imports: number;
}
const full: Scale = { items: 5000, requests: 100, seconds: 20, imports: 1000 };
const quick: Scale = { items: 200, requests: 5, seconds: 2, imports: 160 };
const perSecond = 10;

/** The EfficientNet-Lite0 that ships, else one with random weights: the cost is the same. */
async function modelFile(folder: string): Promise<string> {
  const models = new URL('../../models/', import.meta.url);
  const names = await readdir(models).catch(() => []);
  const shipped = names.find((name) => /efficientnet-lite0.*\.onnx$/.test(name));
  if (shipped !== undefined) return fileURLToPath(new URL(shipped, models));
  const path = join(folder, 'model.onnx');
  await writeFile(path, randomNetwork('efficientnet-lite0', 224, 1));
  return path;
}

/** Makes the collection `shop` with random vectors. */
async function fillGallery(data: string, model: string, items: number): Promise<void> {
  await using retriever = await Retriever.open(data, { model });
  const { modelId, dimension } = await retriever.createCollection('shop');
  const random = randomNumbers(1);
  for (let start = 0; start < items; start += 100) {
    const batch = Array.from({ length: 100 }, (_, i) => ({
      id: `item-${start + i}`,
      label: `label ${(start + i) % 100}`,
      vector: Float32Array.from({ length: dimension }, () => random() - 0.5),
      imageHash: '',
    }));
    await retriever.gallery.upsert('shop', modelId, batch);
  }
}

interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
}

async function startServer(data: string): Promise<ServerProcess> {
  const script = new URL(`./support/server-process${extname(import.meta.url)}`, import.meta.url);
  const child = spawn(process.execPath, [fileURLToPath(script), data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { url: `${url}`, child };
}

interface Answer {
  readonly timings: Readonly<Record<string, number>>;
}

async function post(
  url: string,
  field: string,
  pictures: readonly (readonly [string, Uint8Array<ArrayBuffer>])[],
): Promise<Answer> {
  const body = new FormData();
  for (const [name, bytes] of pictures) body.append(field, new Blob([bytes]), name);
  const response = await fetch(url, { method: 'POST', body });
  const answer = (await response.json()) as Answer;
  if (!response.ok) throw new Error(JSON.stringify(answer));
  return answer;
}

const search = (url: string, picture: Uint8Array<ArrayBuffer>): Promise<Answer> =>
  post(`${url}/v1/collections/shop/search`, 'image', [['photo.jpg', picture]]);

/** What Node measures the delay with: a timer of so many milliseconds, whose own time is in the figures it gives. */
const timerMs = 10;

/** 99th percentile of the server's event-loop delay since it was last asked, in milliseconds. */
async function loopDelay(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return 1000 * Number(/^nodejs_eventloop_lag_p99_seconds (\S+)$/m.exec(text)?.[1]) - timerMs;
}

function line(what: string, value: number, unit: string, target?: number): void {
  const verdict =
    target === undefined ? '' : `   target <= ${target}   ${value <= target ? 'met' : 'MISSED'}`;
  console.log(`  ${what.padEnd(58)} ${value.toFixed(1).padStart(7)} ${unit}${verdict}`);
}

/** Prints the median of each stage that answers tell of. */
function reportStages(answers: readonly Answer[]): void {
  const stages = Object.keys(answers[0]?.timings ?? {});
  const parts = stages.map((stage) => {
    const ms = median(answers.map(({ timings }) => timings[stage] ?? Number.NaN));
    return `${stage} ${ms.toFixed(1)}`;
  });
  console.log(`    of the answers, medians: ${parts.join(', ')}`);
}

async function oneClient(
  url: string,
  what: string,
  picture: Uint8Array<ArrayBuffer>,
  requests: number,
): Promise<void> {
  const besides: number[] = [];
  const answers: Answer[] = [];
  for (let i = 0; i < requests; i += 1) {
    const start = performance.now();
    const answer = await search(url, picture);
    besides.push(performance.now() - start - (answer.timings['inferenceMs'] ?? 0));
    answers.push(answer);
  }
  line(`one client, ${what}: besides the model's run, p50`, median(besides), 'ms', 15);
  reportStages(answers);
}

function reportLoop(what: string, { ms, errors }: Latencies, delay: number, target?: number): void {
  line(`${what}: errors`, errors, '', 0);
  line(`${what}: p50`, percentile(ms, 0.5), 'ms');
  line(`${what}: p99`, percentile(ms, 0.99), 'ms', target);
  line(`${what}: event-loop delay p99`, delay, 'ms', 20);
}

const batch = 16;

/** Imports batches one after the other until told to stop; returns how many pictures that were. */
async function importing(
  url: string,
  pictures: readonly Uint8Array<ArrayBuffer>[],
  stop: AbortSignal,
): Promise<number> {
  let count = 0;
  for (; !stop.aborted; count += batch) {
    const first = count % pictures.length;
    const files = pictures
      .slice(first, first + batch)
      .map((picture, i) => [`import/${count + i}`, picture] as const);
    await post(`${url}/v1/collections/shop/items/batch`, 'images', files);
  }
  return count;
}

interface EvaluationView {
  readonly state: string;
  readonly links: { readonly self: string };
}

/** Evaluates the collection over and over until told to stop; returns how many evaluations were under way. */
async function evaluating(url: string, stop: AbortSignal): Promise<number> {
  const jobs = `${url}/v1/collections/shop/evaluations`;
  const headers = { 'content-type': 'application/json' };
  for (let count = 1; ; count += 1) {
    const started = await fetch(jobs, { method: 'POST', headers, body: '{}' });
    const { links } = (await started.json()) as EvaluationView;
    for (let state = 'queued'; state === 'queued' || state === 'running'; ) {
      if (stop.aborted) {
        await fetch(`${url}${links.self}`, { method: 'DELETE' });
        return count;
      }
      await sleep(100);
      state = ((await (await fetch(`${url}${links.self}`)).json()) as EvaluationView).state;
      if (state === 'failed') throw new Error('the evaluation failed');
    }
  }
}

async function measure(url: string, { requests, seconds, imports }: Scale): Promise<void> {
  const small = await Promise.all(Array.from({ length: 16 }, (_, seed) => photo(seed, 640, 480)));
  const [first = new Uint8Array()] = small;
  const large = await photo(1, 1152, 868);
  // Each but once: among equal pictures only an exact search can keep the order.
  const many = await Promise.all(Array.from({ length: imports }, (_, seed) => photo(seed, 320, 240)));
  for (let i = 0; i < 5; i += 1) await search(url, large); // warms up
  await oneClient(url, '640 x 480', first, requests);
  await oneClient(url, '1 megapixel', large, requests);

  let answers: Answer[] = [];
  const send = async (i: number): Promise<void> => {
    answers.push(await search(url, small[i % small.length] ?? first));
  };
  await loopDelay(url);
  const alone = await openLoop(perSecond, seconds, send);
  reportLoop(`${perSecond} requests/s for ${seconds} s`, alone, await loopDelay(url), 250);
  reportStages(answers);

  answers = [];
  const enough = new AbortController();
  const evaluated = evaluating(url, enough.signal);
  const evaluatedBeside = await openLoop(perSecond, seconds, send);
  enough.abort();
  reportLoop('the same beside evaluations', evaluatedBeside, await loopDelay(url));
  line('evaluations meanwhile', await evaluated, '');
  const ratio = percentile(evaluatedBeside.ms, 0.99) / percentile(alone.ms, 0.99);
  line('p99 beside evaluations, times that without', ratio, 'x', 2);

  answers = [];
  const stop = new AbortController();
  const imported = importing(url, many, stop.signal);
  const beside = await openLoop(perSecond, seconds, send);
  stop.abort();
  reportLoop('the same beside an import', beside, await loopDelay(url));
  reportStages(answers);
  line('imported meanwhile', (await imported) / seconds, 'images/s');
}

export async function run(options: { readonly quick: boolean }): Promise<void> {
  const scale = options.quick ? quick : full;
  await inTemporaryFolder(async (folder) => {
    const data = join(folder, 'data');
    await fillGallery(data, await modelFile(folder), scale.items);
    const { url, child } = await startServer(data);
    const ended = once(child, 'close');
    await measure(url, scale).finally(() => child.kill('SIGTERM'));
    await ended;
  });
}
