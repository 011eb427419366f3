import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { RunLog } from '../../../src/train/run/run-log.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-run-log-'));
after(() => rmSync(root, { recursive: true }));
const path = join(root, 'log.jsonl');

test('a log keeps the lines that are ones', async () => {
  const lines = [
    '{"kind":"step","step":1}',
    'null',
    '5',
    '{"kind":"step"}',
    '{"kind":5,"step":1}',
    '{"kind":"step","step":"1"}',
    `{"kind":"step","step":1,"a":${'['.repeat(1000)}${']'.repeat(1000)}}`,
    '{"kind":"validation","step":1,"epoch":"x"}',
    '{"kind":"validation","step":1,"epoch":1}',
    '{"kind":"step","step":4}',
    '{"kind":"step","st',
  ];
  writeFileSync(path, lines.join('\n'));
  await new RunLog(path).cutAfter({ step: 3, validatedEpoch: 1 });
  assert.equal(readFileSync(path, 'utf8'), `${lines[0]}\n${lines[8]}\n`);
});

test('the copies of a log follow it: cut where a run goes on, without a line twice, gone when it begins anew', async () => {
  const folder = mkdtempSync(join(root, 'copies-'));
  const log = new RunLog(join(folder, 'log.jsonl'));
  const bytesOf = (name: string) => readFileSync(join(folder, name));
  const step = (at: number) =>
    log.append({ time: '2026-01-01T00:00:00.000Z', kind: 'step', step: at, epoch: 1, loss: 1 / at });
  for (const at of [10, 20]) await step(at);
  const upTo20 = ['log.csv', 'events.out.tfevents.snapshelf'].map((name) => ({ name, bytes: bytesOf(name) }));
  await step(30);
  // A process that died between the log and its copies, and one that died within a line.
  appendFileSync(join(folder, 'log.csv'), 'half a li');
  appendFileSync(join(folder, 'log.jsonl'), '{"kind":"st');
  writeFileSync(
    join(folder, 'events.out.tfevents.snapshelf'),
    bytesOf('events.out.tfevents.snapshelf').subarray(0, 70),
  );
  await log.cutAfter({ step: 20, validatedEpoch: 0 });
  for (const { name, bytes } of upTo20) assert.ok(bytesOf(name).equals(bytes), name);
  await log.clear();
  assert.deepEqual(readdirSync(folder), []);
});
