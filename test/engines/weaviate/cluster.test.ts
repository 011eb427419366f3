import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import weaviate from 'weaviate-client';
import { clusterAddress } from '../../../src/engines/weaviate/address.ts';
import { type CallLimits, Cluster } from '../../../src/engines/weaviate/cluster.ts';
import { insertAll } from '../../../src/engines/weaviate/registry.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import { silentLogger } from '../../../src/log.ts';

/** A cluster whose clients are what `clientOf` makes for each host. */
function clusterOf(
  hosts: string,
  clientOf: (host: string) => object = (host) => ({ host }),
  limits: CallLimits = { patienceMs: 200, objectMs: 10_000, lookMs: 20_000 },
): Cluster {
  const common = { getWeaviateVersion: async () => ({}), close: () => {} };
  const weaviate = {
    connectToCustom: async ({ httpHost }: { httpHost: string }) => ({ ...common, ...clientOf(httpHost) }),
  };
  return new Cluster(weaviate as never, clusterAddress(`weaviate://${hosts}`), silentLogger, limits);
}

async function listening(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const hostOf = ({ client }: { client: object }): string => (client as { host: string }).host;

test('a call that a node does not answer goes to the next one, and further calls stay there', async () => {
  const cluster = clusterOf('a,b,c');
  const asked: string[] = [];
  const ask = () =>
    cluster.run(async (node) => {
      asked.push(hostOf(node));
      if (hostOf(node) === 'a') throw new Error('14 UNAVAILABLE: no connection');
      return hostOf(node);
    });
  assert.equal(await ask(), 'b');
  assert.equal(await ask(), 'b');
  assert.deepEqual(asked, ['a', 'b', 'b']);
});

test('nodes that are gone end no process, whatever the client asks of them beside its calls', async () => {
  // Nobody listens on these ports. What nobody hears of would make this test fail.
  const address = clusterAddress('weaviate://127.0.0.1:1,127.0.0.1:2?grpc=3,4');
  const limits = { patienceMs: 200, objectMs: 10_000, lookMs: 20_000 };
  const cluster = new Cluster(weaviate, address, silentLogger, limits);
  const insert = () => insertAll(cluster, 'Class', [{ id: '1', properties: {} }]);
  const isUnavailable = (error: unknown) =>
    error instanceof SnapshelfError && error.code === 'engine-unavailable';
  await assert.rejects(insert(), isUnavailable);
  await assert.rejects(insert(), isUnavailable);
  await cluster.close();
});

test('what no other node answers differently is not tried again', async () => {
  let calls = 0;
  const broken = clusterOf('a,b').run(async () => {
    calls += 1;
    throw new Error('property "price" is not of the class');
  });
  await assert.rejects(broken, /not of the class/);
  assert.equal(calls, 1);
});

test('a cluster that does not answer is unavailable for now, in the end', async () => {
  const asked = new Set<string>();
  const lost = clusterOf('a,b').run(async (node) => {
    asked.add(hostOf(node));
    throw new Error('connect ECONNREFUSED');
  });
  await assert.rejects(lost, (error) => {
    assert.ok(error instanceof SnapshelfError);
    assert.deepEqual([error.code, error.details?.['retryAfterSeconds']], ['engine-unavailable', 5]);
    return true;
  });
  assert.deepEqual([...asked], ['a', 'b']);
});

test('an object is read from the next node when one answers 5xx, or does not answer in time', async (t) => {
  const broken = await listening(t, (_, response) => response.writeHead(500).end('not enough replicas'));
  const silent = await listening(t, () => {});
  const whole = await listening(t, (request, response) => {
    if (request.url?.includes('/gone')) response.writeHead(404).end();
    else response.end(JSON.stringify({ properties: { asked: request.url } }));
  });
  const cluster = clusterOf([broken, silent, whole].join(','), undefined, {
    patienceMs: 60_000,
    objectMs: 300,
    lookMs: 20_000,
  });
  assert.deepEqual(await cluster.object('Class', 'id'), {
    properties: { asked: '/v1/objects/Class/id?consistency_level=QUORUM' },
  });
  assert.equal(await cluster.object('Class', 'gone'), undefined);
});

test('a call that hangs is waited for as long as its node is there, and goes to the next one when it is not', async (t) => {
  let looked = 0;
  let see = (): void => {};
  const seen = new Promise<void>((resolve) => {
    see = resolve;
  });
  const alive = await listening(t, (_, response) => {
    looked += 1;
    if (looked === 3) see();
    response.end();
  });
  const closed: string[] = [];
  const client = (host: string) => ({ host, close: () => closed.push(host) });
  const limits = { patienceMs: 60_000, objectMs: 10_000, lookMs: 20 };
  // Port 1 of this machine: nobody listens there.
  const cluster = clusterOf(`127.0.0.1:1,${alive}`, client, limits);
  const asked: number[] = [];
  const found = await cluster.run(async ({ address: { port } }) => {
    asked.push(port);
    if (port === 1) return new Promise<string>(() => {});
    await seen;
    return 'found';
  });
  assert.equal(found, 'found');
  assert.deepEqual([asked.length, asked[0]], [2, 1]);
  assert.deepEqual(closed, ['127.0.0.1']);
});

test('of a batch of which some were not written those are written again, and it is refused unless all are', async () => {
  const batches: string[][] = [];
  let refuses = (_id: string): boolean => false;
  const data = {
    insertMany: async (objects: readonly { id: string }[]) => {
      batches.push(objects.map(({ id }) => id));
      const failed = objects.flatMap(({ id }, at) => (refuses(id) ? [[at, { message: 'no replicas' }]] : []));
      return { hasErrors: failed.length > 0, errors: Object.fromEntries(failed) };
    },
  };
  const client = { collections: { use: () => ({ withConsistency: () => ({ data }) }) } };
  const cluster = clusterOf('a,b', () => client);
  const objects = ['1', '2', '3'].map((id) => ({ id, properties: {} }));
  refuses = (id) => id !== '1' && batches.length === 1;
  await insertAll(cluster, 'Class', objects);
  assert.deepEqual(batches, [
    ['1', '2', '3'],
    ['2', '3'],
  ]);
  refuses = (id) => id === '3';
  await assert.rejects(
    insertAll(cluster, 'Class', objects),
    (error) => error instanceof SnapshelfError && error.code === 'engine-unavailable',
  );
});
