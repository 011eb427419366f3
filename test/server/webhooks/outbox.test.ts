import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FolderRecords } from '../../../src/engine/index.ts';
import { silentLogger } from '../../../src/log.ts';
import { type Delivery, giveUp, newDelivery } from '../../../src/server/webhooks/delivery.ts';
import { Outbox } from '../../../src/server/webhooks/outbox.ts';
import { SharedRecords } from '../../engine/support/shared-records.ts';

const event = {
  type: 'webhook.test',
  timestamp: '2031-05-01T10:00:00Z',
  data: { collection: null },
} as const;
const webhooks = ['a'.repeat(12), 'b'.repeat(12)] as const;
const make = (number: number, webhook: string = webhooks[0]): Delivery =>
  newDelivery({ message: `msg_${number}`, event, now: 1_900_000_000_000 + number }, webhook);

test('of each webhook so many deliveries wait, and so many are kept: the oldest give way, and what gives way is shown', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-outbox-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const outbox = new Outbox(new FolderRecords(folder), silentLogger, 3);
  await outbox.put(make(100, webhooks[1]));
  for (let number = 0; number < 5; number += 1) await outbox.put(make(number));
  const states = () => outbox.of(webhooks[0]).map(({ message, state }) => `${message} ${state}`);
  assert.deepEqual(states(), [
    'msg_0 failed',
    'msg_1 failed',
    'msg_2 pending',
    'msg_3 pending',
    'msg_4 pending',
  ]);
  assert.equal(outbox.get(make(0).id)?.why, 'More than 3 deliveries waited.');
  for (const number of [2, 3, 4]) await outbox.put(giveUp(make(number), 'It was tried 8 times.'));
  assert.deepEqual(states(), ['msg_2 failed', 'msg_3 failed', 'msg_4 failed']);
  assert.equal(outbox.of(webhooks[1]).length, 1, 'another webhook has its own');
  assert.equal(readdirSync(join(folder, 'webhooks')).length, 4);

  writeFileSync(join(folder, 'webhooks', `${'c'.repeat(24)}.json`), '{"half":');
  const next = new Outbox(new FolderRecords(folder), silentLogger, 3);
  await next.load();
  assert.deepEqual(next.of(webhooks[0]), outbox.of(webhooks[0]));
  await next.removeAll(webhooks[0]);
  assert.deepEqual([next.of(webhooks[0]), next.of(webhooks[1]).length], [[], 1]);
});

test('a delivery that the engine did not hand out is read when it answers again', async () => {
  const records = new SharedRecords();
  await new Outbox(records, silentLogger).put(make(1));
  const outbox = new Outbox(records, silentLogger);
  records.isUnreadable = true;
  await assert.rejects(outbox.load(), { code: 'engine-unavailable' });
  records.isUnreadable = false;
  await outbox.load();
  assert.deepEqual(
    outbox.pending().map(({ message }) => message),
    ['msg_1'],
  );
});
