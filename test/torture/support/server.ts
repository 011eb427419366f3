import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCatalogue, statusOf } from '../../../src/errors.ts';
import type { ServerOptions } from '../../../src/server/index.ts';
import { stripes } from '../../support/pictures.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';
import type { Load } from '../meter.ts';
import type { Torture } from '../scenario.ts';

const script = fileURLToPath(new URL(`./server-process${extname(import.meta.url)}`, import.meta.url));

/** A server in a process of its own, with a few items in the collection `kept`, and an empty collection `shop`. */
export interface TorturedServer {
  readonly url: string;
  readonly child: ChildProcess;
  /** A picture like those that are kept. */
  readonly picture: Buffer;
  /** What it wrote to its standard error. */
  errors(): string;
  /** Checks that what was stored is there and found, and that the server lives. */
  check(): Promise<void>;
  /** Ends it; returns its exit code and the seconds that it took. */
  stop(): Promise<{ readonly code: number | null; readonly seconds: number }>;
}

const kept = 3;

async function send(url: string, path: string, init: RequestInit): Promise<Response> {
  const answer = await fetch(`${url}/v1/collections/${path}`, init);
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer;
}

/** Makes a form with a picture. */
export const formWith = (picture: Buffer): FormData => {
  const data = new FormData();
  data.append('image', new Blob([new Uint8Array(picture)]), 'a.jpg');
  return data;
};

/** Starts a server that notes its load, and unless it `isFilled` stores the items. Clients may send as fast as they can, unless `options` say otherwise. */
export async function startServer(
  torture: Torture,
  { isFilled = false, ...options }: Partial<ServerOptions> & { readonly isFilled?: boolean } = {},
): Promise<TorturedServer> {
  const model = join(torture.folder, 'tiny.onnx');
  await writeTinyModel(model);
  const data = join(torture.folder, 'data');
  const rateLimits = { localPerMinute: 0 };
  const child = fork(script, [JSON.stringify({ data, model, rateLimits, ...options })], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.on('message', (message: { readonly url?: string; readonly load?: Load }) => {
      if (message.load !== undefined) torture.note(message.load);
      if (message.url !== undefined) resolve(message.url);
    });
    child.on('close', (code) => reject(new Error(`The server ended with ${code}: ${errors}`)));
  });
  const pictures = await Promise.all(Array.from({ length: kept }, (_, i) => stripes(100 * i, 6 + 4 * i)));
  for (const name of isFilled ? [] : ['kept', 'shop']) await send(url, name, { method: 'PUT' });
  for (const [i, picture] of isFilled ? [] : pictures.entries())
    await send(url, `kept/items/k${i}`, { method: 'PUT', body: formWith(picture) });
  const check = async (): Promise<void> => {
    assert.deepEqual([child.exitCode, child.signalCode], [null, null], `the server ended: ${errors}`);
    for (const [i, picture] of pictures.entries()) {
      const image = await send(url, `kept/items/k${i}/image`, {});
      assert.ok(Buffer.from(await image.arrayBuffer()).equals(picture), `k${i} has other bytes`);
      const found = await send(url, 'kept/search?k=1', { method: 'POST', body: formWith(picture) });
      const { results } = (await found.json()) as { readonly results: { item: { id: string } }[] };
      assert.equal(results[0]?.item.id, `k${i}`);
    }
  };
  const stop = async (): Promise<{ code: number | null; seconds: number }> => {
    const started = performance.now();
    const closed = child.exitCode === null ? once(child, 'close') : Promise.resolve([child.exitCode]);
    child.kill('SIGTERM');
    const [code] = (await closed) as [number | null];
    return { code, seconds: (performance.now() - started) / 1000 };
  };
  return {
    url,
    child,
    picture: pictures[0] ?? Buffer.alloc(0),
    errors: () => errors,
    check,
    stop,
  };
}

const codes = Object.keys(errorCatalogue) as (keyof typeof errorCatalogue)[];

/** Checks that an answer is one that the documentation knows: a success, or a problem with its code and status. */
export function checkDocumented(status: number, body: string): string | undefined {
  if (status < 400) return undefined;
  assert.ok(body.startsWith('{'), `${status} is no problem: ${body.slice(0, 200)}`);
  const { code } = JSON.parse(body) as { readonly code: (typeof codes)[number] };
  assert.ok(codes.includes(code), `${status} with the code ${code}`);
  assert.equal(status, statusOf(code), code);
  assert.notEqual(code, 'internal', body);
  assert.notEqual(code, 'worker-died', body);
  return code;
}
