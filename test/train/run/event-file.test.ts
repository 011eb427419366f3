import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { eventFile } from '../../../src/train/run/event-file.ts';
import type { LogEntry } from '../../../src/train/run/log-entry.ts';
import { fixture } from '../../support/repository.ts';

const entries = readFileSync(fixture('train', 'log.jsonl'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as LogEntry);

test("an event file is, byte for byte, what TensorBoard's own writer writes", () => {
  const shown = entries.filter((entry) => eventFile.encode(entry).length > 0);
  const [first] = shown;
  assert.ok(first !== undefined);
  const bytes = Buffer.concat([eventFile.header(first), ...shown.map(eventFile.encode)]);
  const golden = readFileSync(fixture('train', 'events.out.tfevents.golden'));
  assert.equal(bytes.toString('hex'), golden.toString('hex'));
});

test('values that are no numbers are left out, and a line without any makes no event', () => {
  const lines: LogEntry[] = [
    { kind: 'step', step: 1, loss: null, learningRate: 'x' },
    { kind: 'validation', step: 1, results: 'x' },
    { kind: 'validation', step: 1, results: [null, { name: 'x' }] },
    { kind: 'end', step: 1 },
  ];
  for (const line of lines) assert.equal(eventFile.encode(line).length, 0, JSON.stringify(line));
});
