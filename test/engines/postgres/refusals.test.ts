// slow: starts Postgres servers
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Connection } from '../../../src/engines/postgres/connection.ts';
import { parseAddress } from '../../../src/engines/postgres/postgres-address.ts';
import { PostgresEngine } from '../../../src/engines/postgres/postgres-engine.ts';
import { type ErrorCode, SnapshelfError, statusOf } from '../../../src/errors.ts';
import { silentLogger } from '../../../src/log.ts';
import { type PostgresServer, startPostgres, withoutPostgres } from '../../engine/support/postgres-server.ts';
import { snapshelf } from '../../support/cli.ts';

const secrets = /mistaken|sesame/;
const modelId = 'a'.repeat(64);
const settings = { name: 'shop', modelId, modelName: 'test', dimension: 2, metric: 'cosine' } as const;
const item = { id: 'a', vector: Float32Array.of(1, 2), imageHash: '' };

describe('what a Postgres server refuses', { skip: withoutPostgres }, () => {
  let folder: string;
  /** The file that says who is let in. The user of the server has to read it. */
  let access: string;
  let server: PostgresServer;
  let client: pg.Client;
  /** Returns the URL of another user than the one of the tests, on the socket of the server. */
  const urlOf = (user: string, database = 'postgres', more = ''): string =>
    `postgres://${user}@/${database}?host=${encodeURIComponent(server.folder)}${more}`;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'snapshelf-refusals-'));
    access = `${folder}.conf`;
    const lines = ['all clerk scram-sha-256', 'all nobody reject', 'all all trust', 'replication all trust'];
    writeFileSync(access, lines.map((line) => `local ${line}\n`).join(''));
    server = await startPostgres({ hba_file: access });
    client = new pg.Client({ host: server.folder, user: 'shop', database: 'postgres' });
    await client.connect();
    await client.query(
      "CREATE ROLE clerk LOGIN PASSWORD 'sesame'; CREATE ROLE guest LOGIN CONNECTION LIMIT 0",
    );
    await client.query('CREATE ROLE nobody LOGIN; CREATE ROLE plain LOGIN');
    await client.query('CREATE DATABASE bare');
  });
  after(async () => {
    await client.end();
    await server.stop();
    for (const path of [access, folder]) rmSync(path, { recursive: true, force: true });
  });

  /** Checks that an error is one that clients can decide by, and that nothing secret is in it. */
  const told = (code: ErrorCode, message: RegExp, retryAfterSeconds?: number) => (error: unknown) => {
    assert.ok(error instanceof SnapshelfError, String((error as Error).stack));
    assert.deepEqual([error.code, statusOf(error.code) >= 500], [code, true], error.message);
    assert.match(error.message, message);
    if (retryAfterSeconds !== undefined)
      assert.equal(error.details['retryAfterSeconds'], retryAfterSeconds, error.message);
    assert.doesNotMatch(`${error.message} ${JSON.stringify(error.details)}`, secrets);
    return true;
  };

  const unopened: readonly (readonly [string, () => string, ErrorCode, RegExp, number?])[] = [
    [
      'a wrong password',
      () => urlOf('clerk:mistaken'),
      'engine-unavailable',
      /does not take the password/,
      60,
    ],
    [
      'no password',
      () => urlOf('clerk'),
      'engine-unavailable',
      /No connection .* could be made .*password/,
      60,
    ],
    ['a user without access', () => urlOf('nobody'), 'engine-unavailable', /does not let the user/, 60],
    ['no such database', () => urlOf('shop', 'none'), 'engine-unavailable', /no such database/, 60],
    ['no right to make a schema', () => urlOf('plain'), 'engine-unavailable', /no right/, 60],
    ['no connection left', () => urlOf('guest'), 'engine-unavailable', /connections .* are in use/, 1],
    [
      'no encryption',
      () => urlOf('shop', 'postgres', '&sslmode=require'),
      'engine-unavailable',
      /No connection .* could be made .*SSL/,
      60,
    ],
    [
      'nobody there',
      () => `postgres://shop@/postgres?host=${encodeURIComponent(folder)}`,
      'engine-unavailable',
      /cannot be reached/,
      1,
    ],
  ];
  for (const [what, url, code, message, retry] of unopened)
    test(`${what} is told when it is opened, and by a command in one sentence`, async () => {
      await assert.rejects(PostgresEngine.open(url()), told(code, message, retry));
      const args = ['audit', '--data', join(folder, 'data'), '--engine', url()];
      const { code: exit, stdout, stderr } = await snapshelf(...args);
      assert.deepEqual([exit, stdout], [1, ''], stderr);
      assert.match(stderr, new RegExp(`^error: [^\\n]*\\. \\[${code}\\]\\n$`));
      assert.doesNotMatch(stderr, secrets);
    });

  test('a snapshot is not restored into the data folder beside it, nor written from there', async () => {
    const where = [
      '--data',
      join(folder, 'beside'),
      '--engine',
      server.url('beside'),
      '--collection',
      'shop',
    ];
    await (await PostgresEngine.open(server.url('beside'))).close();
    for (const args of [
      ['restore', join(folder, 'none.snapshot'), ...where],
      ['snapshot', ...where, '--out', join(folder, 'none.snapshot')],
    ]) {
      const { code, stderr } = await snapshelf(...args);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /^error: The engine postgres does not offer snapshots [^\n]*\. \[engine-cannot\]\n$/,
      );
    }
    assert.equal(existsSync(join(folder, 'beside', 'collections')), false);
  });

  test('a server that only follows another is told as one that takes no writes', async () => {
    const replica = await server.replica();
    await assert.rejects(
      PostgresEngine.open(replica.url('snapshelf')),
      told('engine-unavailable', /takes no writes/, 1),
    );
    await replica.stop();
  });

  test('an extension that is missing or too old, and tables of a later version, are named', async () => {
    const other = new pg.Client({ host: server.folder, user: 'shop', database: 'bare' });
    await other.connect();
    await other.query('CREATE SCHEMA snapshelf AUTHORIZATION plain');
    const missing = told('engine-not-installed', /no extension vector.*CREATE EXTENSION vector/);
    await assert.rejects(PostgresEngine.open(urlOf('plain', 'bare')), missing);
    // Who has the schema and the extension needs no right to make them.
    await other.query('CREATE EXTENSION vector');
    await (await PostgresEngine.open(urlOf('plain', 'bare'))).close();
    await other.end();
    const url = server.url('versions');
    await (await PostgresEngine.open(url)).close();
    const { rows } = await client.query("SELECT extversion FROM pg_extension WHERE extname = 'vector'");
    await client.query("UPDATE pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'");
    await assert.rejects(
      PostgresEngine.open(url),
      told('engine-not-installed', /has the version 0\.7\.4.*ALTER EXTENSION vector UPDATE/),
    );
    await client.query("UPDATE pg_extension SET extversion = $1 WHERE extname = 'vector'", [
      rows[0].extversion,
    ]);
    await client.query('UPDATE versions.migrations SET version = 99');
    await assert.rejects(
      PostgresEngine.open(url),
      told('gallery-damaged', /later version of Snapshelf \(99\)\. Update this one/),
    );
  });

  test('what fails amid a write is told by what it was, and nothing of it is stored', async () => {
    const engine = await PostgresEngine.open(`${server.url('amid')}&statement_timeout_ms=2000`);
    await engine.create(settings);
    const upsert = () => engine.upsert('shop', modelId, [item]);
    await client.query(`CREATE TABLE amid.told (code text);
      CREATE FUNCTION amid.fail() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE told text; BEGIN
        SELECT code INTO told FROM amid.told; RAISE EXCEPTION 'as told' USING ERRCODE = told; END $$;
      CREATE TRIGGER fail BEFORE INSERT ON amid.items_1 EXECUTE FUNCTION amid.fail()`);
    const failures = [
      ['53100', 'disk-full', /no space left/],
      ['53200', 'engine-unavailable', /lacks memory, disk or files/],
      ['58030', 'engine-unavailable', /lacks memory, disk or files/],
      ['55P03', 'engine-unavailable', /waits for another transaction/],
      ['40001', 'engine-unavailable', /Other transactions were in the way/],
      ['42501', 'engine-unavailable', /no right/],
      ['25006', 'engine-unavailable', /takes no writes/],
      ['XX000', 'internal', /refused a statement \(XX000\)/],
    ] as const;
    for (const [code, known, message] of failures) {
      await client.query('DELETE FROM amid.told');
      await client.query('INSERT INTO amid.told VALUES ($1)', [code]);
      await assert.rejects(upsert(), told(known, message));
    }
    await client.query('DROP TRIGGER fail ON amid.items_1');
    await client.query('BEGIN; LOCK TABLE amid.items_1');
    await assert.rejects(upsert(), told('engine-unavailable', /took too long/, 1));
    await client.query('ROLLBACK');
    assert.equal((await engine.info('shop')).items, 0);
    assert.equal((await upsert()).added, 1);
    await engine.close();
  });

  test('a write whose lease is another’s stores nothing', async () => {
    const engine = await PostgresEngine.open(server.url('leased'));
    await engine.create(settings);
    const { records } = engine;
    const old = await records.acquire('part', 1);
    let next = await records.acquire('part', 60_000);
    while (next === undefined) next = await records.acquire('part', 60_000);
    const lost = { code: 'lease-lost' };
    await assert.rejects(engine.upsert('shop', modelId, [item], { lease: old }), lost);
    assert.equal((await engine.info('shop')).items, 0);
    await engine.upsert('shop', modelId, [item], { lease: next });
    await assert.rejects(engine.update('shop', [{ id: 'a', label: 'late' }], { lease: old }), lost);
    assert.equal((await engine.get('shop', 'a')).label, null);
    await engine.close();
  });

  test('connections that are all in use are told as that, and no others are made beside them', async () => {
    const connection = await Connection.open(parseAddress(`${server.url('busy')}&pool=1`), silentLogger);
    const stop = new AbortController();
    const long = connection.read((one) => one.query("SELECT 'busy one', pg_sleep(60)"), {
      signal: stop.signal,
    });
    const active = "SELECT FROM pg_stat_activity WHERE query LIKE '%busy one%' AND pid <> pg_backend_pid()";
    while ((await client.query(active)).rowCount === 0) await sleep(5);
    const short = () => connection.read((one) => one.query('SELECT 1'));
    const others = await Promise.allSettled([short(), short(), short()]);
    for (const other of others) {
      assert.equal(other.status, 'rejected');
      told('engine-unavailable', /connections .* are in use/, 1)(other.reason);
    }
    let isOver = false;
    const waiting = short().then(
      () => {
        isOver = true;
      },
      () => {},
    );
    for (let i = 0; i < 50; i += 1) {
      await client.query('SELECT 1');
      await sleep(5);
    }
    assert.equal(isOver, false, 'it waits for the one connection');
    stop.abort(new Error('enough'));
    await assert.rejects(long, /enough/);
    await waiting;
    await short();
    await connection.close();
  });

  test('a search that is given up does not wait for a server that stands still', async () => {
    // Longer than any test: nothing but the abort ends the search.
    const engine = await PostgresEngine.open(`${server.url('given')}&statement_timeout_ms=3600000`);
    await engine.create(settings);
    await engine.upsert('shop', modelId, [item]);
    const stop = new AbortController();
    const search = () => engine.search('shop', item.vector, { signal: stop.signal });
    await search();
    server.pause();
    const late = search();
    const reason = new Error('enough');
    setImmediate(() => stop.abort(reason));
    await assert.rejects(late, reason);
    server.goOn();
    assert.equal((await engine.search('shop', item.vector)).hits.length, 1);
    await engine.close();
  });

  test('a server that stands still amid a write, or waits for a replica that is gone, is given up', async () => {
    const engine = await PostgresEngine.open(`${server.url('still')}&statement_timeout_ms=1000`);
    await engine.create(settings);
    server.pause();
    const late = engine.upsert('shop', modelId, [item]);
    await assert.rejects(late, told('engine-unavailable', /cannot be reached/, 1));
    server.goOn();
    await engine.upsert('shop', modelId, [item]);
    await client.query("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    await client.query('SELECT pg_reload_conf()');
    let failure: unknown;
    // Until the processes of the server have read it, no write waits.
    for (let at = 0; failure === undefined; at += 1)
      failure = await engine.upsert('shop', modelId, [{ ...item, id: `i${at}` }]).then(
        () => undefined,
        (error: unknown) => error,
      );
    assert.ok(told('engine-unavailable', /cannot be reached|did not wait/, 1)(failure));
    await client.query('ALTER SYSTEM RESET synchronous_standby_names');
    await client.query('SELECT pg_reload_conf()');
    await engine.close();
  });
});
