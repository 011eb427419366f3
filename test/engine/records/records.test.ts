import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FolderRecords, HeldLease, MemoryRecords } from '../../../src/engine/index.ts';
import { recordsContract } from '../support/records-contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-records-'));
after(() => rmSync(folder, { recursive: true, force: true }));

for (const [name, check] of Object.entries(recordsContract)) {
  test(`in a folder: ${name}`, () => check(new FolderRecords(mkdtempSync(join(folder, 'data-')))));
  // Its log is only for the process that writes it.
  if (!name.startsWith('a log')) test(`in memory: ${name}`, () => check(new MemoryRecords()));
}

test('files are for their user alone; a link is no record, and what is not whole is none yet', async () => {
  const data = mkdtempSync(join(folder, 'data-'));
  const records = new FolderRecords(data);
  await records.write('a/one.json', '1');
  if (process.platform !== 'win32') assert.equal(statSync(join(data, 'a', 'one.json')).mode & 0o777, 0o600);
  writeFileSync(join(data, 'a', '.one.json.tmp'), 'half');
  mkdirSync(join(data, 'elsewhere'));
  writeFileSync(join(data, 'elsewhere', 'secret'), 'x');
  symlinkSync(join(data, 'elsewhere', 'secret'), join(data, 'a', 'link'));
  assert.deepEqual(
    (await records.list('a')).map(({ path }) => path),
    ['a/one.json'],
  );
  await assert.rejects(records.read('a/link', 100), RangeError);
});

test('a lease that another has taken aborts the work of its holder', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  class Shared extends MemoryRecords {
    override readonly areShared = true;
  }
  const records = new Shared();
  const beats: number[] = [];
  const held = await HeldLease.take(records, 'work', {
    ms: 1000,
    onBeat: async ({ fence }) => void beats.push(fence),
  });
  assert.ok(held !== undefined);
  assert.equal(await HeldLease.take(records, 'work'), undefined);
  t.mock.timers.tick(250);
  await held.quiet();
  assert.deepEqual([beats, held.signal.aborted], [[held.lease.fence], false]);
  const late = await HeldLease.take(records, 'other', { ms: 1000 });
  assert.ok(late !== undefined);
  await records.release(late.lease);
  const taken = await records.acquire('other', 1000);
  t.mock.timers.tick(250);
  await late.quiet();
  assert.equal(late.signal.reason?.code, 'lease-lost');
  // It gives back only what is its own.
  await late.release();
  assert.equal(await records.acquire('other', 1000), undefined);
  assert.ok(taken !== undefined);
});
