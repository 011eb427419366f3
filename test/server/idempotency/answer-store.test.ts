import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FolderRecords } from '../../../src/engine/index.ts';
import { AnswerStore } from '../../../src/server/idempotency/answer-store.ts';
import { SharedRecords } from '../../engine/support/shared-records.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-answers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const hour = 3_600_000;
const name = (digit: number): string => String(digit).repeat(64);
const answer = { request: 'a'.repeat(64), status: 200, body: '{"deleted":1}' };

test('answers are kept for 24 hours, within a bound', async () => {
  let now = 1_800_000_000_000;
  const store = new AnswerStore(new FolderRecords(folder), { now: () => now, maxAnswers: 2 });
  await store.put('shop', name(1), answer);
  now += hour;
  await store.put('shop', name(2), answer);
  await assert.rejects(store.requireRoom(), { code: 'queue-full' });
  now += 22.9 * hour;
  assert.equal((await store.get(name(1)))?.body, answer.body);
  now += 0.2 * hour;
  assert.equal(await store.get(name(1)), undefined);
  await store.requireRoom();
  assert.deepEqual(readdirSync(join(folder, 'idempotency', 'shop')), [`${name(2)}.json`]);
  // Another process finds what there is, and how old it is.
  utimesSync(join(folder, 'idempotency', 'shop', `${name(2)}.json`), now / 1000, now / 1000);
  const later = new AnswerStore(new FolderRecords(folder), { now: () => now, maxAnswers: 1 });
  assert.equal((await later.get(name(2)))?.body, answer.body);
  await assert.rejects(later.requireRoom(), { code: 'queue-full' });
  const full = new AnswerStore(new FolderRecords(folder), { now: () => now, maxBytes: 10 });
  await assert.rejects(full.requireRoom(), { code: 'queue-full' });
});

test('an answer is removed when its time is over, though nothing is asked', async (t) => {
  const own = mkdtempSync(join(folder, 'swept-'));
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_800_000_000_000 });
  const store = new AnswerStore(new FolderRecords(own));
  await store.put('shop', name(1), answer);
  t.mock.timers.tick(hour);
  await store.put('shop', name(2), answer);
  t.mock.timers.tick(23 * hour - 1);
  const turns = async (wanted: number, each = (): void => {}): Promise<void> => {
    for (
      let turn = 0;
      turn < 100_000 && readdirSync(join(own, 'idempotency', 'shop')).length > wanted;
      turn += 1
    ) {
      each();
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(readdirSync(join(own, 'idempotency', 'shop')).length, wanted);
  };
  assert.equal(readdirSync(join(own, 'idempotency', 'shop')).length, 2);
  t.mock.timers.tick(2);
  await turns(1);
  // The timer of the next is set after the removal, whenever that ends.
  await turns(0, () => t.mock.timers.tick(hour));
});

test('what an earlier process left is removed at the start', async () => {
  const own = mkdtempSync(join(folder, 'left-'));
  await new AnswerStore(new FolderRecords(own), { now: () => 0 }).put('shop', name(1), answer);
  utimesSync(join(own, 'idempotency', 'shop', `${name(1)}.json`), 1, 1);
  await new AnswerStore(new FolderRecords(own)).sweep();
  assert.deepEqual(readdirSync(join(own, 'idempotency', 'shop')), []);
});

test('a file that is no answer is none', async () => {
  writeFileSync(join(folder, 'idempotency', `${name(3)}.json`), '{"at":1}');
  writeFileSync(join(folder, 'idempotency', 'other.txt'), '');
  const store = new AnswerStore(new FolderRecords(folder));
  assert.equal(await store.get(name(3)), undefined);
});

test('a collection takes the answers about it along, and no others', async () => {
  const own = mkdtempSync(join(folder, 'dropped-'));
  // As an earlier version kept it.
  mkdirSync(join(own, 'idempotency'));
  writeFileSync(
    join(own, 'idempotency', `${name(4)}.json`),
    JSON.stringify({ at: 1_800_000_000_000, ...answer }),
  );
  const now = (): number => 1_800_000_000_000;
  const store = new AnswerStore(new FolderRecords(own), { now });
  await store.put('shop', name(1), answer);
  await store.put('other', name(2), answer);
  await store.forget('shop');
  assert.equal(await store.get(name(1)), undefined);
  assert.deepEqual(readdirSync(join(own, 'idempotency')).sort(), [`${name(4)}.json`, 'other'].sort());
  for (const again of [store, new AnswerStore(new FolderRecords(own), { now })])
    for (const kept of [2, 4]) assert.equal((await again.get(name(kept)))?.body, answer.body);
});

test('an answer of another content than was kept is none', async () => {
  const own = mkdtempSync(join(folder, 'damaged-'));
  const now = (): number => 1_800_000_000_000;
  const store = new AnswerStore(new FolderRecords(own), { now });
  await store.put('shop', name(1), answer);
  const path = join(own, 'idempotency', 'shop', `${name(1)}.json`);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"deleted\\":1', '"deleted\\":7'));
  assert.match(readFileSync(path, 'utf8'), /deleted\\":7/);
  assert.equal(await store.get(name(1)), undefined);
});

test('while the engine is away nobody is told that no answer is kept; when it is back, the next request finds it', async () => {
  const records = new SharedRecords();
  const store = new AnswerStore(records);
  await new AnswerStore(records).put('shop', name(1), answer);
  for (const what of ['isAway', 'isUnreadable'] as const) {
    records[what] = true;
    await assert.rejects(store.get(name(1)), { code: 'engine-unavailable' });
    records[what] = false;
    assert.equal((await store.get(name(1)))?.body, answer.body);
  }
});

test('an answer about a collection that another server has dropped gives way to the next of its key', async () => {
  const records = new SharedRecords();
  const [here, other] = [new AnswerStore(records), new AnswerStore(records)];
  await here.put('old', name(1), answer);
  await other.forget('old');
  await other.put('new', name(1), { ...answer, body: '{"deleted":2}' });
  assert.equal((await here.get(name(1)))?.body, '{"deleted":2}');
});
