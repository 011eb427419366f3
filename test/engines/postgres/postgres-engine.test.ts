// slow: starts Postgres servers
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Client, Connection } from '../../../src/engines/postgres/connection.ts';
import { parseAddress } from '../../../src/engines/postgres/postgres-address.ts';
import { PostgresEngine } from '../../../src/engines/postgres/postgres-engine.ts';
import { SnapshelfError } from '../../../src/errors.ts';
import { sha256 } from '../../../src/files/index.ts';
import { silentLogger } from '../../../src/log.ts';
import { type PostgresServer, startPostgres, withoutPostgres } from '../../engine/support/postgres-server.ts';
import { snapshelf } from '../../support/cli.ts';

const modelId = 'a'.repeat(64);
const settings = (name: string) =>
  ({ name, modelId, modelName: 'test', dimension: 2, metric: 'cosine' }) as const;
const itemOf = (id: string, metadata: Record<string, number | string> = {}) => ({
  id,
  vector: Float32Array.of(1, id.length),
  imageHash: '',
  metadata,
});
const query = Float32Array.of(1, 1);

let server: PostgresServer;
let client: pg.Client;
before(async () => {
  if (withoutPostgres) return;
  server = await startPostgres({ max_wal_senders: 4 });
  client = new pg.Client({ host: server.folder, user: 'shop', database: 'postgres' });
  await client.connect();
});
after(async () => {
  if (withoutPostgres) return;
  await client.end();
  await server.stop();
});

test('an abort ends the statement in the server, and the connection is good for the next one', {
  skip: withoutPostgres,
}, async () => {
  const connection = await Connection.open(parseAddress(`${server.url('aborted')}&pool=1`), silentLogger);
  const abort = new AbortController();
  let isEnded = false;
  const work = async (one: Client): Promise<void> => {
    await one.query('SELECT pg_sleep(20)');
    isEnded = true;
  };
  const running = connection.read(work, { signal: abort.signal });
  const active =
    "SELECT FROM pg_stat_activity WHERE query LIKE '%pg_sleep(20)%' AND state = 'active' AND pid <> pg_backend_pid()";
  while ((await client.query(active)).rowCount === 0) await sleep(5);
  const reason = new Error('enough');
  abort.abort(reason);
  await assert.rejects(running, reason);
  assert.equal(isEnded, false);
  assert.equal((await client.query(active)).rowCount, 0);
  for (let i = 0; i < 20; i += 1) await connection.read((one) => one.query('SELECT 1'));
  await assert.rejects(
    connection.read(async () => 1, { signal: abort.signal }),
    reason,
  );
  await connection.close();
});

test('a range of a field of numbers is found by an index, also of collections of an earlier version', {
  skip: withoutPostgres,
}, async () => {
  const url = server.url('ranges');
  let engine = await PostgresEngine.open(url);
  await engine.create(settings('shop'));
  const names = ['price', 'o\'clock \\ "5"', 'x'.repeat(300)];
  const items = Array.from({ length: 30 }, (_, at) =>
    itemOf(`i${String(at).padStart(2, '0')}`, Object.fromEntries(names.map((name) => [name, at / 2]))),
  );
  await engine.upsert('shop', modelId, [...items, itemOf('none', { other: 'text' })]);
  const indexes = async (): Promise<string[]> =>
    (
      await client.query<{ name: string }>(
        "SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'ranges' AND indexname LIKE 'range%' ORDER BY 1",
      )
    ).rows.map(({ name }) => name);
  const both = await indexes();
  assert.equal(both.length, 2, 'a very long name gets none');
  for (const name of names) {
    const filter = { field: `metadata.${name}`, gte: 3, lt: 4.5 };
    const idsOf = async (of: object) =>
      (await engine.list('shop', { filter: of as never })).items.map(({ id }) => id);
    assert.deepEqual(await idsOf(filter), ['i06', 'i07', 'i08']);
    assert.equal((await idsOf({ not: filter })).length, 28);
  }
  const plan = async (): Promise<string> => {
    await client.query('BEGIN');
    await client.query('SET LOCAL enable_seqscan = off');
    await client.query('SET LOCAL search_path = ranges, public');
    const { rows } = await client.query(
      `EXPLAIN SELECT FROM items_1 i WHERE ((CASE WHEN jsonb_typeof(i.fields->'price') = 'number' THEN (i.fields->>'price')::numeric END) IS NOT NULL
        AND (CASE WHEN jsonb_typeof(i.fields->'price') = 'number' THEN (i.fields->>'price')::numeric END) >= $1::numeric)`,
      ['3'],
    );
    await client.query('ROLLBACK');
    return rows.map((row) => row['QUERY PLAN']).join('\n');
  };
  assert.match(await plan(), /range_1_/);
  // As an earlier version left it.
  await engine.close();
  for (const name of both) await client.query(`DROP INDEX ranges."${name}"`);
  await client.query('UPDATE ranges.migrations SET version = 1');
  engine = await PostgresEngine.open(url);
  assert.deepEqual(await indexes(), both);
  assert.match(await plan(), /range_1_/);
  // A field that becomes text needs none.
  await engine.upsert('shop', modelId, [itemOf('text', { price: 'a lot' })]);
  assert.equal((await indexes()).length, 1);
  await engine.upsert('shop', modelId, [
    itemOf('many', Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`n${at}`, at]))),
  ]);
  assert.equal((await indexes()).length, 16);
  await engine.close();
});

test('a picture that is not what was stored is refused, told by a check, and mended by the same one', {
  skip: withoutPostgres,
}, async () => {
  const url = server.url('pictures');
  const engine = await PostgresEngine.open(url);
  await engine.create(settings('shop'));
  // Of three parts, of one, and none.
  const images = { long: Buffer.alloc(600_000, 'long'), short: Buffer.from('short') };
  const withImage = (id: keyof typeof images) => ({
    ...itemOf(id),
    image: images[id],
    imageHash: sha256(images[id]),
  });
  const given = [withImage('long'), withImage('short'), itemOf('none')];
  await engine.upsert('shop', modelId, given);
  const partsOf = async (id: string): Promise<Buffer> => {
    const parts: Uint8Array[] = [];
    for await (const part of engine.pictureParts('shop', await engine.picture('shop', id))) parts.push(part);
    return Buffer.concat(parts);
  };
  const isRefused = async (id: string): Promise<void> => {
    for (const read of [() => engine.image('shop', id), () => partsOf(id)])
      await assert.rejects(read, { code: 'item-damaged' }, id);
  };
  const check = () => snapshelf('check', '--data', join(server.folder, 'data'), '--engine', url);
  assert.equal((await check()).code, 0);
  // As long as before, in its last part; and a part that is gone.
  const change = `UPDATE pictures.images_1 SET bytes = set_byte(bytes, length(bytes) - 1, 0) WHERE part = (
    SELECT max(part) FROM pictures.images_1 WHERE sequence = $1) AND sequence = $1`;
  const { sequence: long } = await engine.get('shop', 'long');
  const { sequence: short } = await engine.get('shop', 'short');
  for (const sequence of [long, short]) await client.query(change, [sequence]);
  for (const id of ['long', 'short']) await isRefused(id);
  const { code, stdout } = await check();
  assert.equal(code, 1);
  assert.match(
    stdout,
    /^shop: the picture of "long": .* not what was stored[^\n]*\nshop: the picture of "short": /m,
  );
  const again = await engine.upsert('shop', modelId, given);
  assert.deepEqual(again.changes, ['replaced', 'replaced', 'unchanged']);
  await client.query('DELETE FROM pictures.images_1 WHERE part = 1');
  await isRefused('long');
  assert.deepEqual((await engine.upsert('shop', modelId, given)).replaced, ['long']);
  for (const id of ['long', 'short'] as const) {
    assert.deepEqual(await partsOf(id), images[id]);
    assert.deepEqual(Buffer.from((await engine.image('shop', id)).bytes), images[id]);
  }
  assert.deepEqual((await engine.upsert('shop', modelId, given)).replaced, []);
  assert.equal((await check()).code, 0);
  // What a command changes in an engine is noted there, and what it refuses.
  const where = ['--data', join(server.folder, 'data'), '--engine', url];
  assert.equal(
    (await snapshelf('delete', ...where, '--collection', 'shop', '--id', 'long', '--yes')).code,
    0,
  );
  assert.equal((await snapshelf('drop', ...where, '--collection', 'other')).code, 1);
  const lines = (await snapshelf('audit', ...where)).stdout.trim().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line)).map(({ what, who, outcome }) => [what, who.command, outcome]),
    [
      ['delete shop', true, 'ok'],
      ['drop other', true, 'collection-not-found'],
    ],
  );
  await engine.close();
});

test('searches go to a replica, whose lag is told; without it they go on, and all other reads see each write', {
  skip: withoutPostgres,
}, async () => {
  const replica = await server.replica();
  const own = new pg.Client({ host: replica.folder, user: 'shop', database: 'postgres' });
  await own.connect();
  const engine = await PostgresEngine.open(`${server.url('lagging')}&replica=${replica.folder}`);
  assert.equal(engine.capabilities.foundAtOnce, false);
  await engine.create(settings('shop'));
  await engine.upsert('shop', modelId, [itemOf('a')]);
  const found = async (): Promise<number> => (await engine.search('shop', query)).hits.length;
  while ((await found()) === 0 || (await engine.lagMs()) !== 0) await sleep(5);
  await own.query('SELECT pg_wal_replay_pause()');
  await engine.upsert('shop', modelId, [itemOf('b')]);
  assert.equal(await found(), 1);
  assert.equal((await engine.get('shop', 'b')).id, 'b');
  assert.equal((await engine.info('shop')).items, 2);
  assert.ok(Number(await engine.lagMs()) > 0);
  // One that the replica does not know yet.
  await engine.create(settings('new'));
  await engine.upsert('new', modelId, [itemOf('c')]);
  assert.equal((await engine.search('new', query)).hits.length, 1);
  await own.query('SELECT pg_wal_replay_resume()');
  while ((await found()) < 2 || (await engine.lagMs()) !== 0) await sleep(5);
  await own.end();
  await replica.stop();
  assert.equal(await found(), 2);
  assert.equal(await engine.lagMs(), undefined);
  await engine.close();
});

test('a write that a server acknowledges without its replica is told as not made; writes of two servers wait for one another', {
  skip: withoutPostgres,
}, async () => {
  const [one, other] = [
    await PostgresEngine.open(server.url('waits')),
    await PostgresEngine.open(server.url('waits')),
  ];
  await one.create(settings('shop'));
  const both = Array.from({ length: 12 }, (_, at) =>
    (at % 2 === 0 ? one : other).upsert('shop', modelId, [itemOf(`i${at}`), itemOf(`j${at}`)]),
  );
  await Promise.all(both);
  const { items, sequence, products } = await other.info('shop');
  assert.deepEqual([items, sequence, products], [24, 24, 24]);
  await client.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
  await client.query('SELECT pg_reload_conf()');
  const cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
  let failure: unknown;
  // Until the servers of its processes have read the new configuration, no write waits.
  for (let tries = 0; failure === undefined && tries < 300; tries += 1) {
    let isOver = false;
    const write = one
      .upsert('shop', modelId, [itemOf(`alone${tries}`)])
      .then(
        () => undefined,
        (error: unknown) => error,
      )
      .finally(() => {
        isOver = true;
      });
    while (!isOver) {
      await client.query(cancel);
      await sleep(5);
    }
    failure = await write;
  }
  assert.ok(failure instanceof SnapshelfError);
  assert.equal(failure.code, 'engine-unavailable');
  assert.match(failure.message, /did not wait for its replica/);
  await client.query('ALTER SYSTEM RESET synchronous_standby_names');
  await client.query('SELECT pg_reload_conf()');
  await one.close();
  await other.close();
});
