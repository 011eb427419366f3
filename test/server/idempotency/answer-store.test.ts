import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { AnswerStore } from '../../../src/server/idempotency/answer-store.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-answers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const hour = 3_600_000;
const name = (digit: number): string => String(digit).repeat(64);
const answer = { request: 'a'.repeat(64), status: 200, body: '{"deleted":1}' };

test('answers are kept for 24 hours, within a bound', async () => {
  let now = 1_800_000_000_000;
  const store = new AnswerStore(folder, { now: () => now, maxAnswers: 2 });
  await store.put(name(1), answer);
  now += hour;
  await store.put(name(2), answer);
  await assert.rejects(store.requireRoom(), { code: 'queue-full' });
  now += 22.9 * hour;
  assert.equal((await store.get(name(1)))?.body, answer.body);
  now += 0.2 * hour;
  assert.equal(await store.get(name(1)), undefined);
  await store.requireRoom();
  assert.deepEqual(readdirSync(folder), [`${name(2)}.json`]);
  // Another process finds what there is, and how old it is.
  utimesSync(join(folder, `${name(2)}.json`), now / 1000, now / 1000);
  const later = new AnswerStore(folder, { now: () => now, maxAnswers: 1 });
  assert.equal((await later.get(name(2)))?.body, answer.body);
  await assert.rejects(later.requireRoom(), { code: 'queue-full' });
  const full = new AnswerStore(folder, { now: () => now, maxBytes: 10 });
  await assert.rejects(full.requireRoom(), { code: 'queue-full' });
});

test('a file that is no answer is none', async () => {
  writeFileSync(join(folder, `${name(3)}.json`), '{"at":1}');
  writeFileSync(join(folder, 'other.txt'), '');
  const store = new AnswerStore(folder);
  assert.equal(await store.get(name(3)), undefined);
});
