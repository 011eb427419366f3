import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Keys, type Level } from '../../../src/server/index.ts';
import { digestOf, isSameDigest, keysOf, mayBeKey } from '../../../src/server/keys/key-text.ts';

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'snapshelf-keys-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function open(t: TestContext, data: string, adminKey?: string): Promise<Keys> {
  const keys = await Keys.open(data, { adminKey });
  t.after(() => keys.close());
  return keys;
}

const readBack = (data: string): string => readFileSync(join(data, 'keys.json'), 'utf8');

test('a key has 256 random bits, is shown once and kept as its SHA-256, in a file of its user alone', async (t) => {
  const data = folder(t);
  const keys = await open(t, data);
  assert.equal(keys.areAsked, false);
  const { key, info } = await keys.create({ level: 'write', name: 'till', collections: ['shop', 'shop'] });
  assert.match(key, /^snapshelf_[\w-]{43}$/);
  assert.equal(Buffer.from(key.slice('snapshelf_'.length), 'base64url').length, 32);
  assert.ok(keys.areAsked);
  const text = readBack(data);
  assert.ok(!text.includes(key) && !text.includes(key.slice(-43)));
  assert.ok(text.includes(digestOf(key).toString('hex')));
  if (process.platform !== 'win32') assert.equal(statSync(join(data, 'keys.json')).mode & 0o777, 0o600);
  assert.deepEqual(info.collections, ['shop']);
  assert.deepEqual(keys.find(key), info);
  assert.ok(!JSON.stringify(keys.list()).includes(digestOf(key).toString('hex')));
});

test('what is made and revoked is there after a restart; the last key that goes opens nothing', async (t) => {
  const data = folder(t);
  const first = await Keys.open(data);
  const { key } = await first.create({ level: 'read', name: 'a' });
  const { key: other } = await first.create({ level: 'read', name: 'b' });
  assert.notEqual(key, other);
  first.find(key);
  await first.revoke('b');
  assert.equal(first.find(other), undefined);
  await first.close();
  const second = await open(t, data);
  assert.equal(second.find(key)?.name, 'a');
  assert.equal(second.find(other), undefined);
  assert.match(second.list()[0]?.lastUsedAt ?? '', /^\d{4}-/);
  await second.revoke(second.list()[0]?.id ?? '');
  assert.equal(second.find(key), undefined);
  assert.ok(second.areAsked);
  const third = await open(t, data);
  assert.ok(third.areAsked);
});

test('a key is no longer valid from its end on', async (t) => {
  const keys = await open(t, folder(t));
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const { key } = await keys.create({ level: 'read', expiresAt: new Date(1_060_000) });
  t.mock.timers.tick(59_999);
  assert.ok(keys.find(key));
  t.mock.timers.tick(1);
  assert.equal(keys.find(key), undefined);
});

test('settings that are none are refused, and so are names twice and keys that there are not', async (t) => {
  const keys = await open(t, folder(t));
  assert.throws(() => keys.create({ level: 'all' as Level }), TypeError);
  assert.throws(() => keys.create({ level: 'read', name: '' }), TypeError);
  assert.throws(() => keys.create({ level: 'read', name: 'a\n' }), TypeError);
  assert.throws(() => keys.create({ level: 'read', collections: [] }), RangeError);
  assert.throws(() => keys.create({ level: 'read', collections: ['../x'] }), { code: 'id-invalid' });
  assert.throws(() => keys.create({ level: 'read', expiresAt: new Date(0) }), RangeError);
  assert.throws(() => keys.create({ level: 'read', expiresAt: new Date('x') }), RangeError);
  await keys.create({ level: 'read', name: 'a' });
  await assert.rejects(keys.create({ level: 'read', name: 'a' }), { code: 'keys-invalid' });
  await keys.revoke('a');
  await keys.create({ level: 'read', name: 'a' });
  await assert.rejects(keys.revoke('nobody'), { code: 'key-not-found' });
  await assert.rejects(keys.revoke('environment'), { code: 'key-not-found', message: /without it/ });
});

test('changes at one time do not lose one another', async (t) => {
  const data = folder(t);
  const keys = await open(t, data);
  await Promise.all(Array.from({ length: 20 }, (_, i) => keys.create({ level: 'read', name: `key ${i}` })));
  assert.equal(JSON.parse(readBack(data)).keys.length, 20);
});

test('a further admin key is kept nowhere', async (t) => {
  const data = folder(t);
  const secret = 'x'.repeat(40);
  const keys = await open(t, data, secret);
  assert.ok(keys.areAsked);
  assert.equal(keys.find(secret)?.level, 'admin');
  await keys.create({ level: 'read' });
  assert.ok(!readBack(data).includes(secret));
  for (const wrong of ['', 'short', 'x'.repeat(31), `${'x'.repeat(40)} `, 'x'.repeat(513)])
    await assert.rejects(Keys.open(data, { adminKey: wrong }), (error: Error) => {
      assert.ok(error instanceof TypeError);
      return wrong === '' || !error.message.includes(wrong);
    });
});

test('a damaged list, one with more than there is, and a link are refused', async (t) => {
  const data = folder(t);
  const path = join(data, 'keys.json');
  const keys = await open(t, data);
  await keys.create({ level: 'read' });
  const good = readBack(data);
  const [key] = JSON.parse(good).keys;
  const list = (...list: unknown[]): string => JSON.stringify({ formatVersion: 1, keys: list });
  const wrong = [
    '',
    '{}',
    good.slice(0, -10),
    good.replace('"read"', '"root"'),
    list({ ...key, more: 1 }),
    list({ ...key, sha256: 'ab' }),
    list({ ...key, collections: [] }),
    list({ ...key, expiresAt: 'soon' }),
    JSON.stringify({ formatVersion: 2, keys: [] }),
  ];
  for (const text of wrong) {
    writeFileSync(path, text);
    await assert.rejects(Keys.open(data), { code: 'keys-invalid' }, text);
  }
  writeFileSync(path, good);
  rmSync(join(data, 'elsewhere.json'), { force: true });
  writeFileSync(join(data, 'elsewhere.json'), good);
  rmSync(path);
  symlinkSync(join(data, 'elsewhere.json'), path);
  await assert.rejects(Keys.open(data), { code: 'keys-invalid' });
});

test('in a folder that cannot be written to keys still count, and a new one is an error', {
  skip:
    (process.platform === 'win32' || process.getuid?.() === 0) &&
    'root, and Windows, write into such a folder too',
}, async (t) => {
  const data = folder(t);
  const keys = await open(t, data);
  const { key } = await keys.create({ level: 'read' });
  chmodSync(data, 0o500);
  t.after(() => chmodSync(data, 0o700));
  assert.ok(keys.find(key));
  await assert.rejects(keys.create({ level: 'read' }));
  assert.equal(keys.list().length, 1);
});

test('keys are read from two headers, repeated ones included, and from nothing else', () => {
  const from = (headers: Record<string, string>, authorization: string[] = []) =>
    keysOf({ headers, headersDistinct: { authorization } } as never);
  assert.deepEqual(from({ 'x-api-key': 'a' }), ['a']);
  assert.deepEqual(from({ authorization: 'Bearer a' }), ['a']);
  assert.deepEqual(from({ authorization: 'bearer  a ' }), ['a']);
  assert.deepEqual(from({ authorization: 'Basic a', 'x-api-key': 'b' }), ['b']);
  assert.deepEqual(from({ authorization: 'Bearer a', 'x-api-key': 'a' }), ['a']);
  assert.deepEqual(from({ authorization: 'Bearer a', 'x-api-key': 'b' }), ['b', 'a']);
  assert.deepEqual(from({ authorization: 'Bearer a' }, ['Bearer a', 'Bearer b']), ['a', 'b']);
  for (const authorization of ['Basic a', 'Bearer', 'Bearer a b', 'a', ''])
    assert.deepEqual(from({ authorization }), [], authorization);
  assert.deepEqual(keysOf({ headers: {}, headersDistinct: {}, url: '/?key=a' } as never), []);
  assert.ok(mayBeKey('a'.repeat(512)) && !mayBeKey('a'.repeat(513)));
});

test('digests are compared by all their bytes', () => {
  const a = digestOf('a');
  assert.ok(isSameDigest(a, digestOf('a')));
  for (const at of [0, 31]) {
    const other = Buffer.from(a);
    other[at] = (other[at] ?? 0) ^ 1;
    assert.ok(!isSameDigest(a, other));
  }
});
