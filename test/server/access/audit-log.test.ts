import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import request from 'supertest';
import { AuditLog, createApp, Keys } from '../../../src/server/index.ts';
import { audited } from '../../../src/server/local/audit-calls.ts';
import { stripes } from '../../support/pictures.ts';
import { type Api, openApi } from '../support.ts';

let api: Api;
before(async () => {
  api = await openApi();
  await api.retriever.createCollection('shop');
});
after(() => api.close());

const linesOf = (folder: string): Record<string, unknown>[] =>
  readFileSync(join(folder, 'audit.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

test('changes are noted with who, what, when and the outcome; no picture, no key, nothing that is read', async (t) => {
  const data = join(api.folder, 'data');
  const keys = await Keys.open(data);
  const audit = new AuditLog(data);
  t.after(() => keys.close());
  const app = createApp({ retriever: api.retriever, keys, audit, allow: 'admin' });
  const item = '/v1/collections/shop/items/one';
  const image = await stripes(10, 5);
  assert.equal((await request(app).put(item).attach('image', image, 'a.png')).status, 201);
  const { key, info } = await keys.create({ level: 'write', name: 'till' });
  const { key: reading } = await keys.create({ level: 'read', name: 'reader' });
  assert.equal((await request(app).get(item).set('x-api-key', key)).status, 200);
  assert.equal(
    (await request(app).patch(`${item}?secret=1`).set('x-api-key', key).send({ label: 'x' })).status,
    400,
  );
  assert.equal((await request(app).delete(item).set('x-api-key', reading)).status, 403);
  assert.equal((await request(app).delete(item)).status, 401);
  assert.equal((await request(app).delete(`${item}2`).set('x-api-key', key)).status, 404);
  const some = { ids: ['one', 'absent'] };
  await request(app).post('/v1/collections/shop/items/delete').set('x-api-key', key).send(some).expect(200);
  await audit.close();
  const lines = linesOf(data);
  assert.deepEqual(
    lines.map(({ who, what, outcome }) => [(who as { name?: string }).name ?? 'address', what, outcome]),
    [
      ['address', `PUT ${item}`, 201],
      ['till', `PATCH ${item}`, 400],
      ['reader', `DELETE ${item}`, 403],
      ['till', `DELETE ${item}2`, 404],
      ['till', 'POST /v1/collections/shop/items/delete', 200],
    ],
  );
  const [first, second] = lines.map(({ who }) => Object(who));
  assert.match(first.address, /127\.0\.0\.1$/);
  assert.deepEqual([lines[0]?.['items'], lines.at(-1)?.['items']], [1, 2]);
  assert.equal(second.key, info.id);
  for (const line of lines) assert.match(String(line['time']), /^\d{4}-.*Z$/);
  const text = readFileSync(join(data, 'audit.jsonl'), 'latin1');
  for (const secret of [key, reading, 'PNG', 'secret', image.subarray(0, 40).toString()])
    assert.ok(!text.includes(secret), secret);
  if (process.platform !== 'win32') assert.equal(statSync(join(data, 'audit.jsonl')).mode & 0o777, 0o600);
});

test('the log of many changes is bounded: four older files are kept', async () => {
  const folder = join(api.folder, 'rotated');
  mkdirSync(folder);
  for (let i = 0; i < 8; i++) {
    const audit = new AuditLog(folder, { fileBytes: 300 });
    for (let line = 0; line < 3; line++)
      audit.write({ who: { address: '::1' }, what: `PUT ${i} ${line} ${'x'.repeat(5000)}`, outcome: 200 });
    await audit.close();
    assert.equal(audit.dropped, 0);
  }
  assert.deepEqual(readdirSync(folder).sort(), [
    ...[1, 2, 3, 4].map((number) => `audit.${number}.jsonl`),
    'audit.jsonl',
  ]);
  const last = linesOf(folder).at(-1);
  assert.match(String(last?.['what']), /^PUT 7 2 x+$/);
  assert.equal(String(last?.['what']).length, 2000);
});

test('what cannot be written is counted and keeps nobody waiting; a link is not followed', async () => {
  const folder = join(api.folder, 'refused');
  mkdirSync(join(folder, 'audit.jsonl'), { recursive: true });
  const warnings: string[] = [];
  const note = (message: string): void => void warnings.push(message);
  const log = { debug: note, info: note, warn: note, error: note };
  const audit = new AuditLog(folder, { log });
  audit.write({ who: { command: true }, what: 'drop shop', outcome: 'ok' });
  await audit.close();
  assert.equal(audit.dropped, 1);
  assert.match(warnings.join(), /audit log cannot be written/);
  rmSync(join(folder, 'audit.jsonl'), { recursive: true });
  writeFileSync(join(folder, 'elsewhere'), '');
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'audit.jsonl'));
  const linked = new AuditLog(folder);
  linked.write({ who: { command: true }, what: 'drop shop', outcome: 'ok' });
  await linked.close();
  assert.equal(readFileSync(join(folder, 'elsewhere'), 'utf8'), '');
});

test('what commands change is noted, and not what they read', async () => {
  const folder = join(api.folder, 'commands');
  mkdirSync(folder);
  const audit = new AuditLog(folder);
  const run = (operation: string, given: unknown[], act: () => Promise<unknown> = async () => 1) =>
    audited(audit, operation, given, act);
  await run('upsert', ['shop', 'model', [{ id: 'a' }, { id: 'b' }]]);
  await run('list', ['shop']);
  await run('keys-create', [{ level: 'read', name: 'till' }]);
  await assert.rejects(run('drop', ['shop'], () => Promise.reject(new Error('planted'))));
  await audit.close();
  assert.deepEqual(
    linesOf(folder).map(({ who, what, outcome, items }) => [who, what, outcome, items]),
    [
      [{ command: true }, 'upsert shop', 'ok', 2],
      [{ command: true }, 'keys-create till', 'ok', undefined],
      [{ command: true }, 'drop shop', 'internal', undefined],
    ],
  );
});
