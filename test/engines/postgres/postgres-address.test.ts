import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '../../../src/engines/postgres/postgres-address.ts';

test('the URL of a Postgres engine names servers, a user, a database and a schema', () => {
  const url =
    'postgres://sh%40p:a%2Fb@db1:5433,[::1],db3/shop?target_session_attrs=read-write&schema=other&replica=db4:6000';
  assert.deepEqual(parseAddress(url), {
    hosts: [
      { host: 'db1', port: 5433 },
      { host: '::1', port: 5432 },
      { host: 'db3', port: 5432 },
    ],
    user: 'sh@p',
    password: 'a/b',
    database: 'shop',
    schema: 'other',
    ssl: false,
    poolSize: 10,
    statementTimeoutMs: 60_000,
    replica: { host: 'db4', port: 6000 },
  });
  const socket = parseAddress('postgres://shop@/shop?host=%2Fvar%2Frun&port=6000&sslmode=verify-full');
  assert.deepEqual([socket.hosts, socket.ssl], [[{ host: '/var/run', port: 6000 }], true]);
  assert.deepEqual(parseAddress('postgresql://').hosts, [{ host: 'localhost', port: 5432 }]);
});

test('a URL that is not understood is refused, and its password is not shown', () => {
  for (const rest of [
    'db:0/shop',
    'db:x/shop',
    'db/shop?schema=a"b',
    'db/shop?schema=A',
    'db/shop?schemas=a',
    'db/shop?sslmode=prefer',
    'db/shop?target_session_attrs=any',
    'db/shop?pool=0',
    'a:1:2/shop',
    'db/sh%zz',
  ])
    assert.throws(
      () => parseAddress(`postgres://shop:secret@${rest}`),
      (error: unknown) => error instanceof RangeError && !error.message.includes('secret'),
      rest,
    );
});
