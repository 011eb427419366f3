// slow: kills a server process, evaluates in a process
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createReceiver } from '../../../examples/webhook-receiver.ts';
import { SnapshelfClient, type VerifiedWebhook } from '../../../src/client/index.ts';
import { type RunningServer, startServer } from '../../../src/server/index.ts';
import { snapshelf } from '../../support/cli.ts';
import { stripes } from '../../support/pictures.ts';
import { writeTinyModel } from '../../support/tiny-model.ts';
import { startProcess } from '../child.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-webhook-jobs-'));
const model = join(folder, 'tiny.onnx');
let pictures: Uint8Array<ArrayBuffer>[];

before(async () => {
  await writeTinyModel(model);
  pictures = await Promise.all([10, 60, 110].map(async (hue) => new Uint8Array(await stripes(hue, 5))));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Listens at a port of this machine, a free one unless it is given, until the test is over. */
async function listening(context: TestContext, server: Server, port = 0): Promise<string> {
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Waits until there is something. */
async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(10);
  }
}

async function fill(client: SnapshelfClient): Promise<void> {
  await client.createCollection('shop');
  const items = pictures.map((image, at) => ({
    id: `mug-${at}`,
    image,
    productId: `mug-${at}`,
    label: 'mug',
  }));
  await client.importItems('shop', items);
}

test('each kind of job and import tells its end to the example that receives it', async (context) => {
  const events: VerifiedWebhook[] = [];
  let listener: RequestListener = (_, response) => response.writeHead(503).end();
  const receiver = createServer((request, response) => listener(request, response));
  const origin = await listening(context, receiver);
  const data = join(folder, 'jobs');
  const server: RunningServer = await startServer({ data, model, port: 0, allowWebhooks: [origin] });
  context.after(() => server.close());
  await server.ready;
  const client = new SnapshelfClient(server.url);
  const { secret, id } = await client.createWebhook({ url: `${origin}/hook` });
  const example = createReceiver(secret, async (event) => void events.push(event));
  listener = (request, response) => void example.emit('request', request, response);
  const eventOf = (type: VerifiedWebhook['type']) =>
    until(() => events.find((event) => event.type === type)).then(({ data }) => data);

  await fill(client);
  assert.deepEqual(await eventOf('import.finished'), {
    collection: 'shop',
    added: 3,
    replaced: 0,
    unchanged: 0,
    removed: 0,
    failed: 0,
  });
  await client.startDuplicates('shop');
  const duplicates = await eventOf('duplicates.finished');
  assert.deepEqual({ ...duplicates, state: 'done', done: 3, total: 3 }, duplicates);
  await client.startReindex('shop');
  assert.deepEqual(await eventOf('reindex.finished'), {
    collection: 'shop',
    state: 'done',
    done: 3,
    total: 3,
  });
  const evaluation = await client.startEvaluation('shop', { ks: [1] });
  const evaluated = await eventOf('evaluation.finished');
  assert.equal((evaluated as { evaluation: string }).evaluation, evaluation.id);
  assert.equal(
    (await client.getEvaluation('shop', evaluation.id)).state,
    'done',
    'it is over when that is told',
  );
  await client.testWebhook(id);
  await eventOf('webhook.test');

  events.length = 0;
  const source = join(folder, 'source');
  mkdirSync(source);
  for (const [at, picture] of pictures.entries()) writeFileSync(join(source, `cup-${at}.jpg`), picture);
  const { code, stderr } = await snapshelf('index', source, '--data', data, '--collection', 'shop');
  assert.equal(code, 0, stderr);
  assert.equal(((await eventOf('import.finished')) as { added: number }).added, 3);
  // The receiver knows of it a moment before the server does.
  await until(async () => {
    const { deliveries } = await client.listDeliveries(id);
    return deliveries.every(({ state }) => state === 'delivered') || undefined;
  });
  assert.equal(new Set(events.map((event) => event.id)).size, events.length);
});

test('a server that is killed sends what it owes after its restart, once it can, and says which jobs it lost', async (context) => {
  const data = join(folder, 'killed');
  const receiver = createServer((_, response) => response.writeHead(503).end());
  const origin = await listening(context, receiver);
  const port = Number(new URL(origin).port);
  const killed = await startProcess(data, model, origin);
  context.after(() => killed.stop('SIGKILL'));
  const before = new SnapshelfClient(killed.url);
  const { secret, id } = await before.createWebhook({ url: `${origin}/hook` });
  await fill(before);
  await until(async () => (await before.listDeliveries(id)).deliveries.find(({ tries }) => tries > 0));
  await killed.stop('SIGKILL');
  receiver.closeAllConnections();
  receiver.close();
  // A job that ran in that moment.
  const job = {
    message: `msg_${'0'.repeat(32)}`,
    type: 'reindex.finished',
    collection: 'shop',
    model: 'another',
  };
  writeFileSync(join(data, 'webhooks', `${job.message}.json`), JSON.stringify(job));

  const events: VerifiedWebhook[] = [];
  const back = createReceiver(secret, async (event) => void events.push(event));
  await listening(context, back, port);
  const server = await startProcess(data, model, origin);
  context.after(() => server.stop('SIGKILL'));
  const lost = await until(() => events.find(({ type }) => type === 'reindex.finished'));
  assert.deepEqual([lost.id, (lost.data as { state: string }).state], [job.message, 'interrupted']);
  const imported = await until(() => events.find(({ type }) => type === 'import.finished'));
  const after = new SnapshelfClient(server.url);
  const delivery = await until(async () =>
    (await after.listDeliveries(id)).deliveries.find(
      ({ message, state }) => message === imported.id && state === 'delivered',
    ),
  );
  assert.deepEqual(
    delivery.attempts.map(({ status }) => status),
    [503, 204],
  );
  assert.equal(await server.stop('SIGTERM'), 0);
});
