// slow: starts a Postgres server and server processes
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresEngine } from '../../src/engines/postgres/postgres-engine.ts';
import { Retriever, storeModel } from '../../src/retrieval/index.ts';
import { Keys, type RunningServer, startServer } from '../../src/server/index.ts';
import { type PostgresServer, startPostgres, withoutPostgres } from '../engine/support/postgres-server.ts';
import { recordsContract } from '../engine/support/records-contract.ts';
import { snapshelf } from '../support/cli.ts';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { type ServerProcess, startServing } from './child.ts';

const jobLeaseMs = 2000;
const pictures = 60;

describe('several servers', { skip: withoutPostgres }, () => {
  let folder: string;
  let postgres: PostgresServer;
  let engine: string;
  let model: string;
  let other: string;
  let servers: RunningServer[];
  const events: string[] = [];
  const receiver = createServer((request, response) => {
    events.push(String(request.headers['webhook-id']));
    request.resume().on('end', () => response.writeHead(204).end());
  });

  /** Waits until there is something. */
  async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      await sleep(20);
    }
  }

  const ask = async (url: string, path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${url}${path}`, init);
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      text,
      body: text === '' ? {} : JSON.parse(text),
    };
  };
  const sent = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
  const urls = (): [string, string] => [servers[0]?.url ?? '', servers[1]?.url ?? ''];
  const ended = (url: string, path: string) =>
    until(async () => {
      const { body } = await ask(url, path);
      return body.state === 'running' ? undefined : body;
    });

  /** Makes a collection of so many small pictures on a server. */
  async function fill(url: string, name: string, count: number): Promise<void> {
    const made = await ask(url, `/v1/collections/${name}`, { method: 'PUT' });
    assert.equal(made.status, 201, made.text);
    for (let start = 0; start < count; start += 50) {
      const form = new FormData();
      for (let i = start; i < Math.min(count, start + 50); i += 1)
        form.append('images', new Blob([new Uint8Array(await stripes((7 * i) % 360, 4))]), `p${i}`);
      const { status, text } = await ask(url, `/v1/collections/${name}/items/batch`, {
        method: 'POST',
        body: form,
      });
      assert.equal(status, 200, text);
    }
  }

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'snapshelf-several-'));
    model = join(folder, 'tiny.onnx');
    await writeTinyModel(model);
    other = join(folder, 'other.onnx');
    await writeTinyModel(other, { seed: 2 });
    postgres = await startPostgres();
    engine = postgres.url('snapshelf');
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    const allowWebhooks = [`http://127.0.0.1:${(receiver.address() as AddressInfo).port}`];
    servers = [];
    for (const name of ['a', 'b']) {
      const options = { data: join(folder, name), model, engine, port: 0, allowWebhooks, jobLeaseMs };
      const server = await startServer({ ...options, limits: { maxWaitMs: 60_000 } });
      await server.ready;
      servers.push(server);
    }
    await fill(urls()[0], 'shop', pictures);
  });
  after(async () => {
    for (const server of servers) await server.close();
    receiver.close();
    await postgres.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('the records of Postgres hold what records promise', async (t) => {
    for (const [name, check] of Object.entries(recordsContract))
      await t.test(name, async () => {
        const schema = `r${Object.keys(recordsContract).indexOf(name)}`;
        await using opened = await PostgresEngine.open(postgres.url(schema));
        await check(opened.records);
      });
  });

  test('a collection, its pages and its model are there on every server', async () => {
    const [a, b] = urls();
    const query = { itemId: 'p1', k: 5 };
    const first = await ask(a, '/v1/collections/shop/search', sent(query));
    const second = await ask(b, '/v1/collections/shop/search', sent({ ...query, after: first.body.next }));
    const both = await ask(a, '/v1/collections/shop/search', sent({ ...query, after: first.body.next }));
    assert.equal(second.status, 200, second.text);
    assert.deepEqual(second.body.results, both.body.results);
    const list = await ask(a, '/v1/collections/shop/items?limit=10');
    const rest = await ask(
      b,
      `/v1/collections/shop/items?limit=10&after=${encodeURIComponent(list.body.next)}`,
    );
    assert.equal(rest.status, 200, rest.text);
    assert.ok(rest.body.items[0].id > list.body.items.at(-1).id);
    const models = await ask(b, '/v1/models');
    assert.ok(models.body.models.length > 0);
  });

  test('a request that is sent again to the other server is answered as the first, and not done again', async () => {
    const [a, b] = urls();
    const path = '/v1/collections/shop/items/delete';
    const key = { 'idempotency-key': 'once' };
    await fill(a, 'keyed', 2);
    const first = await ask(a, '/v1/collections/keyed/items/delete', sent({ ids: ['p0'] }, key));
    assert.deepEqual([first.status, first.body], [200, { deleted: 1 }]);
    const again = await ask(b, '/v1/collections/keyed/items/delete', sent({ ids: ['p0'] }, key));
    assert.deepEqual([again.body, again.headers.get('idempotency-replayed')], [{ deleted: 1 }, 'true']);
    assert.equal((await ask(b, path, sent({ ids: ['none'] }, key))).body.code, 'idempotency-mismatch');
    // At the same moment, one does it.
    const at = { 'idempotency-key': 'at once'.replace(' ', '-') };
    const answers = await Promise.all(
      [a, b].map((url) => ask(url, '/v1/collections/keyed/items/delete', sent({ ids: ['p1'] }, at))),
    );
    for (const { status, body } of answers)
      assert.ok(
        (status === 200 && body.deleted === 1) || body.code === 'idempotency-pending',
        JSON.stringify(body),
      );
    assert.ok(answers.some(({ status }) => status === 200));
  });

  test('a model that one server was given changes a collection on it, and is there on the other', async () => {
    const [a, b] = urls();
    await fill(a, 'models', 8);
    const embed = async (url: string) => {
      const form = new FormData();
      form.append('collection', 'models');
      form.append('image', new Blob([new Uint8Array(await stripes(7, 4))]), 'q');
      return (await ask(url, '/v1/embeddings', { method: 'POST', body: form })).body;
    };
    const first = (await embed(b)).model?.id;
    const { id } = await storeModel(join(folder, 'a'), other);
    assert.ok(
      !readdirSync(join(folder, 'b')).includes('models') ||
        !readdirSync(join(folder, 'b', 'models')).includes(`${id}.onnx`),
    );
    const started = await ask(a, '/v1/collections/models/reindex', sent({ model: id }));
    assert.equal(started.status, 202, started.text);
    const job = await ended(b, '/v1/collections/models/reindex');
    assert.equal(job.state, 'done', JSON.stringify(job));
    assert.notEqual(first, id);
    assert.deepEqual([(await embed(b)).model?.id, (await embed(a)).model?.id], [id, id]);
    const form = new FormData();
    form.append('image', new Blob([new Uint8Array(await stripes(7, 4))]), 'q');
    const answer = await ask(b, '/v1/collections/models/search', { method: 'POST', body: form });
    assert.deepEqual([answer.body.model?.id, answer.body.results?.[0].item.id], [id, 'p1'], answer.text);
    assert.equal((await ask(b, '/health/ready')).status, 200);
  });

  test('any server tells of a job, cancels it, and has what it found', async () => {
    const [a, b] = urls();
    const path = '/v1/collections/shop/duplicates';
    assert.equal((await ask(b, path)).status, 404);
    const started = await ask(a, path, sent({ threshold: 0.999 }));
    assert.equal(started.status, 202, started.text);
    const found = await until(async () => {
      const { status, body } = await ask(b, path);
      return status === 200 && body.state === 'done' ? body : undefined;
    });
    assert.deepEqual([found.done, found.total], [pictures, pictures]);
    assert.equal((await ask(b, path, { method: 'DELETE' })).status, 204);
    assert.equal((await ask(a, path)).status, 404);
    const failed = await ask(b, '/v1/collections/shop/calibration', sent({}));
    assert.equal(failed.status, 202);
    assert.equal((await ended(a, '/v1/collections/shop/calibration')).state, 'failed');
  });

  test('an evaluation runs on one server, and any has its report', async () => {
    const [a, b] = urls();
    const path = '/v1/collections/shop/evaluations';
    await ask(a, '/v1/collections/shop/items/p0', { ...sent({ label: 'x' }), method: 'PATCH' });
    await ask(a, '/v1/collections/shop/items/p1', { ...sent({ label: 'x' }), method: 'PATCH' });
    const { status, body, text } = await ask(a, path, sent({ ks: [1] }));
    assert.equal(status, 202, text);
    const done = await until(async () => {
      const one = (await ask(b, `${path}/${body.id}`)).body;
      return ['queued', 'running'].includes(one.state) ? undefined : one;
    });
    assert.equal(done.state, 'done', JSON.stringify(done));
    const [first, second] = await Promise.all([a, b].map((url) => ask(url, `${path}/${body.id}/report`)));
    assert.deepEqual(first?.body, second?.body);
    assert.equal((await ask(b, `${path}/${body.id}`, { method: 'DELETE' })).status, 204);
    assert.equal((await ask(a, `${path}/${body.id}`)).status, 404);
  });

  test('an event is sent once, by one of them, and any server tells of it', async () => {
    const [a, b] = urls();
    const made = await ask(
      a,
      '/v1/webhooks',
      sent({ url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/` }),
    );
    assert.equal(made.status, 201, made.text);
    events.length = 0;
    for (const url of [a, b])
      assert.equal((await ask(url, '/v1/collections/shop/imports', sent({ added: 1 }))).body.webhooks, 1);
    const deliveries = await until(async () => {
      const all = (await ask(b, `/v1/webhooks/${made.body.id}/deliveries`)).body.deliveries;
      return all.length === 2 && all.every(({ state }: { state: string }) => state === 'delivered')
        ? all
        : undefined;
    });
    const messages = deliveries.map(({ message }: { message: string }) => message).sort();
    assert.deepEqual([...events].sort(), messages);
    assert.equal((await ask(b, `/v1/webhooks/${made.body.id}`, { method: 'DELETE' })).status, 204);
    assert.deepEqual((await ask(a, '/v1/webhooks')).body, { webhooks: [] });
  });

  /** Starts a job on a server process, and stops the process in the middle of it. */
  async function stoppedAmid(child: ServerProcess, name: string): Promise<void> {
    const own = await Retriever.open(join(folder, 'looks'), { engine });
    const [first, second] = [await own.keepModel(model), await own.keepModel(other)];
    try {
      for (;;) {
        const { modelId } = await own.gallery.info(name);
        const wanted = modelId === first ? second : first;
        const started = await ask(child.url, `/v1/collections/${name}/reindex`, sent({ model: wanted }));
        assert.equal(started.status, 202, started.text);
        child.send('SIGSTOP');
        if ((await own.gallery.info(name)).modelId !== wanted) return;
        // It was faster than the signal.
        child.send('SIGCONT');
        await ended(child.url, `/v1/collections/${name}/reindex`);
      }
    } finally {
      await own.close();
    }
  }

  for (const [what, signal] of [
    ['is killed', 'SIGKILL'],
    ['was only silent', 'SIGCONT'],
  ] as const)
    test(`the job of a server that ${what} is ended by another, and searches go on`, async () => {
      const [a, b] = urls();
      const name = signal === 'SIGKILL' ? 'killed' : 'silent';
      const child = await startServing({ data: join(folder, name), model, engine, jobLeaseMs });
      await fill(a, name, 200);
      await stoppedAmid(child, name);
      if (signal === 'SIGKILL') await child.stop('SIGKILL');
      const path = `/v1/collections/${name}/reindex`;
      for (let searched = 0; (await ask(b, path)).body.state === 'running'; searched += 1)
        assert.equal(
          (await ask(searched % 2 ? a : b, `/v1/collections/${name}/search`, sent({ itemId: 'p3' }))).status,
          200,
        );
      const job = (await ask(a, path)).body;
      assert.deepEqual([job.state, job.done, job.total], ['done', 200, 200], JSON.stringify(job));
      if (signal === 'SIGKILL') return;
      // It goes on where it was, and must change nothing any more.
      child.send('SIGCONT');
      const late = await ended(child.url, path);
      assert.equal(late.state, 'done');
      const { body } = await ask(b, `/v1/collections/${name}`);
      assert.deepEqual([body.reindex, body.items], [undefined, 200]);
      const answer = await ask(child.url, `/v1/collections/${name}/search`, sent({ itemId: 'p3' }));
      assert.equal(answer.status, 200, answer.text);
      await child.stop('SIGKILL');
    });

  test('the job of a server that stands still is cancelled by another, and stays so', async () => {
    const [a, b] = urls();
    const name = 'cancelled';
    const child = await startServing({ data: join(folder, name), model, engine, jobLeaseMs });
    await fill(a, name, 200);
    const before = (await ask(a, `/v1/collections/${name}`)).body;
    await stoppedAmid(child, name);
    const path = `/v1/collections/${name}/reindex`;
    const { status, body } = await ask(b, path, { method: 'DELETE' });
    assert.deepEqual([status, body.state], [200, 'cancelled']);
    child.send('SIGCONT');
    for (const url of [child.url, a]) assert.equal((await ended(url, path)).state, 'cancelled');
    const now = (await ask(b, `/v1/collections/${name}`)).body;
    assert.deepEqual([now.modelId, now.reindex, now.items], [before.modelId, undefined, 200]);
    await child.stop('SIGKILL');
  });

  test('machines that index the same pictures under one name each do a part, and one bad picture costs itself', async () => {
    const { writeFileSync, mkdirSync } = await import('node:fs');
    const photos = join(folder, 'photos');
    mkdirSync(photos);
    for (let i = 0; i < 300; i += 1)
      writeFileSync(join(photos, `${i}.png`), i === 7 ? 'no picture' : await stripes((3 * i) % 360, 4));
    const index = (data: string) =>
      snapshelf(
        'index',
        photos,
        '--data',
        join(folder, data),
        '--engine',
        engine,
        '--collection',
        'bulk',
        '--model',
        model,
        '--job',
        'spring',
      );
    const reports = await Promise.all(['one', 'two'].map(index));
    for (const { code, stdout, stderr } of reports) {
      assert.equal(code, 0, stderr);
      assert.match(stdout, /bulk: 299 added, 0 replaced, 0 updated, 0 unchanged, 1 failed/);
      assert.match(stdout, /7\.png: .*\[image-/);
    }
    const again = await index('three');
    assert.match(again.stdout, /bulk: 299 added/);
    writeFileSync(join(photos, 'more.png'), await stripes(1, 4));
    const changed = await index('one');
    assert.deepEqual(
      [changed.code, /was begun with other pictures/.test(changed.stderr)],
      [1, true],
      changed.stderr,
    );
  });

  test('while the engine is away servers live and are not ready; then they are again', async () => {
    const [a] = urls();
    const live = async () => (await ask(a, '/health/live')).status;
    assert.deepEqual([await live(), (await ask(a, '/health/ready')).status], [200, 200]);
    postgres.pause();
    const away = await ask(a, '/health/ready');
    assert.deepEqual([await live(), away.status, away.body.code], [200, 503, 'not-ready'], away.text);
    assert.match(away.body.detail, /the engine/);
    postgres.goOn();
    await until(async () => ((await ask(a, '/health/ready')).status === 200 ? true : undefined));
  });

  test('a key that is made on one server opens the other at once, and one that is revoked soon nothing', async () => {
    const [, b] = urls();
    const made = await snapshelf(
      'keys',
      'create',
      '--data',
      join(folder, 'a'),
      '--engine',
      engine,
      '--level',
      'admin',
      '--name',
      'till',
    );
    assert.equal(made.code, 0, made.stderr);
    const key = { 'x-api-key': made.stdout.trim() };
    await until(async () => ((await ask(b, '/v1/collections')).status === 401 ? true : undefined));
    const second = await snapshelf(
      'keys',
      'create',
      '--data',
      join(folder, 'a'),
      '--engine',
      engine,
      '--level',
      'read',
      '--name',
      'desk',
    );
    const desk = { 'x-api-key': second.stdout.trim() };
    // Not soon: with the first request.
    assert.equal((await ask(b, '/v1/collections', { headers: desk })).status, 200);
    assert.equal((await ask(b, '/v1/collections', { headers: { 'x-api-key': 'wrong' } })).status, 401);
    await ask(b, '/v1/collections/kept', { method: 'PUT', headers: key });
    const revoked = await snapshelf(
      'keys',
      'revoke',
      'desk',
      '--data',
      join(folder, 'b'),
      '--engine',
      engine,
    );
    assert.equal(revoked.code, 0, revoked.stderr);
    await until(async () =>
      (await ask(b, '/v1/collections', { headers: desk })).status === 401 ? true : undefined,
    );
    const folderKeys = await Keys.open(join(folder, 'c'));
    await folderKeys.create({ level: 'read', name: 'older' });
    await folderKeys.close();
    for (const copied of ['1 key', '0 keys']) {
      const { code, stdout } = await snapshelf(
        'keys',
        'copy',
        '--data',
        join(folder, 'c'),
        '--engine',
        engine,
      );
      assert.deepEqual([code, stdout.startsWith(`copied ${copied} of`)], [0, true], stdout);
    }
    const listed = JSON.parse(
      (await snapshelf('keys', 'list', '--data', join(folder, 'a'), '--engine', engine, '--json')).stdout,
    );
    assert.deepEqual(
      listed.keys.map(({ name }: { name: string }) => name),
      ['till', 'desk', 'older'],
    );
    const lines = await until(async () => {
      const { stdout } = await snapshelf('audit', '--data', join(folder, 'a'), '--engine', engine);
      const all = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      return all.some(({ what }) => what === 'PUT /v1/collections/kept') ? all : undefined;
    });
    assert.ok(lines.every(({ server, time }) => typeof server === 'string' && typeof time === 'string'));
    assert.deepEqual(lines.find(({ what }) => what === 'PUT /v1/collections/kept')?.who.name, 'till');
    // What a command changes beside the servers stands there too.
    const noted = lines.find(({ what }) => what.startsWith('keys-create'));
    assert.deepEqual([noted?.who, noted?.outcome], [{ command: true }, 'ok']);
  });
});
