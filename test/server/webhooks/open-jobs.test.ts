import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { FolderRecords } from '../../../src/engine/index.ts';
import { silentLogger } from '../../../src/log.ts';
import { newMessage, type OpenJob, OpenJobs } from '../../../src/server/webhooks/open-jobs.ts';
import { changeWebhooks, newWebhook, readWebhooks } from '../../../src/server/webhooks/webhook-file.ts';

const folderOf = (t: { after(end: () => void): void }): string => {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-jobs-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

test('a job that an earlier process noted is read; one of another content than was noted is left out and told', async (t) => {
  const folder = folderOf(t);
  const warnings: string[] = [];
  const jobs = new OpenJobs(new FolderRecords(folder), {
    ...silentLogger,
    warn: (message) => void warnings.push(message),
  });
  const job: OpenJob = { message: newMessage(), type: 'reindex.finished', collection: 'shop', model: 'm' };
  await jobs.add(job);
  assert.deepEqual(await jobs.list(), [job]);
  const [name = ''] = readdirSync(join(folder, 'webhooks'));
  const path = join(folder, 'webhooks', name);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('shop', 'show'));
  assert.deepEqual([await jobs.list(), warnings.length], [[], 1]);
  writeFileSync(path, JSON.stringify(job));
  assert.deepEqual([await jobs.list(), warnings.length], [[job], 1], 'an earlier version wrote no checksum');
});

test('webhooks of another content than was written are refused; those of an earlier version are read', async (t) => {
  const folder = folderOf(t);
  const path = join(folder, 'webhooks.json');
  const records = new FolderRecords(folder);
  const read = async () => (await readWebhooks(records)).webhooks;
  const webhook = newWebhook({ url: 'https://hooks.example/' });
  await changeWebhooks(records, () => [webhook]);
  assert.deepEqual(await read(), [webhook]);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.replace('hooks.example', 'hooks.exampla'));
  await assert.rejects(read(), {
    code: 'webhooks-invalid',
    message: /Its content does not fit its checksum\. Put it back/,
  });
  writeFileSync(path, JSON.stringify({ formatVersion: 1, webhooks: [webhook] }));
  assert.deepEqual(await read(), [webhook]);
});
