import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
