// slow: starts processes
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { startProcess } from './child.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-lifecycle-'));
const data = join(folder, 'data');
const model = join(folder, 'tiny.onnx');
const collection = '/v1/collections/shop';
let picture: Buffer;

before(async () => {
  await writeTinyModel(model);
  picture = await stripes(40, 6, 1200);
});
after(() => rmSync(folder, { recursive: true, force: true }));

async function json(response: Promise<Response>): Promise<Answer> {
  return (await (await response).json()) as Answer;
}

interface Answer {
  readonly ready: boolean;
  readonly indexes: readonly { readonly state: string }[];
  readonly results: readonly { readonly item: { readonly id: string } }[];
}

function form(): FormData {
  const body = new FormData();
  body.set('image', new Blob([new Uint8Array(picture)]), 'q.jpg');
  return body;
}

test('SIGTERM lets what is in flight finish, then the process ends with 0', { timeout: 60_000 }, async () => {
  const server = await startProcess(data, model);
  await fetch(server.url + collection, { method: 'PUT' });
  assert.equal(
    (await fetch(`${server.url}${collection}/items/a`, { method: 'PUT', body: form() })).status,
    201,
  );
  assert.ok(existsSync(join(data, 'server.json')));
  const inFlight = Array.from({ length: 6 }, () =>
    fetch(`${server.url}${collection}/search`, { method: 'POST', body: form() }),
  );
  await setTimeout(15);
  const stopped = server.stop('SIGTERM');
  const statuses = (await Promise.allSettled(inFlight)).map((result) =>
    result.status === 'fulfilled' ? result.value.status : 0,
  );
  assert.ok(statuses.includes(200), statuses.join());
  assert.ok(
    statuses.every((status) => status === 200 || status === 0),
    statuses.join(),
  );
  assert.equal(await stopped, 0);
  assert.ok(!existsSync(join(data, 'server.json')));
  await assert.rejects(fetch(server.url));
});

test('what was stored is there after a restart, with its index', { timeout: 60_000 }, async () => {
  const server = await startProcess(data, model);
  const ready = await json(fetch(`${server.url}/health/ready`));
  assert.deepEqual([ready.ready, ready.indexes[0]?.state], [true, 'ready']);
  const answer = await json(fetch(`${server.url}${collection}/search`, { method: 'POST', body: form() }));
  assert.equal(answer.results[0]?.item.id, 'a');
  assert.equal(await server.stop('SIGINT'), 0);
});

test('a server whose terminal is closed ends as by SIGTERM', { timeout: 60_000 }, async () => {
  const server = await startProcess(data, model);
  assert.equal(await server.stop('SIGHUP'), 0);
  assert.ok(!existsSync(join(data, 'server.json')));
});

test('a second server on the same folder is refused and says who has it', { timeout: 60_000 }, async () => {
  const server = await startProcess(data, model);
  await assert.rejects(startProcess(data, model), /process \d+|another process/i);
  assert.equal((await fetch(`${server.url}/health/ready`)).status, 200);
  assert.equal(await server.stop('SIGTERM'), 0);
});

test('a client that leaves takes its request along', { timeout: 60_000 }, async () => {
  const server = await startProcess(data, model);
  const leaving = Array.from({ length: 20 }, () =>
    fetch(`${server.url}${collection}/search`, {
      method: 'POST',
      body: form(),
      signal: AbortSignal.timeout(20),
    }).catch(() => undefined),
  );
  await Promise.all(leaving);
  const answer = await fetch(`${server.url}${collection}/search`, { method: 'POST', body: form() });
  assert.equal(answer.status, 200);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  assert.match(metrics, /snapshelf_queue_images\{model="tiny"\} 0/);
  await server.stop('SIGTERM');
});
