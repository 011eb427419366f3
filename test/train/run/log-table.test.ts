import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import type { LogEntry } from '../../../src/train/run/log-entry.ts';
import { logTable } from '../../../src/train/run/log-table.ts';
import { fixture } from '../../support/repository.ts';

test('a table has a row for steps and one for each set of a validation, as another reader of CSV sees them', () => {
  const entries = readFileSync(fixture('train', 'log.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogEntry);
  const text = Buffer.concat([logTable.header(), ...entries.map(logTable.encode)]).toString();
  const rows = parse(text, { columns: true }) as Record<string, string>[];
  assert.deepEqual(
    rows.map(({ kind, step, epoch, loss, validation, recall_at_1_cosine, recall_at_1_l2 }) =>
      [kind, step, epoch, loss, validation, recall_at_1_cosine, recall_at_1_l2].join(' | '),
    ),
    [
      'step | 10 | 1 | 2.482391285896301 |  |  | ',
      'validation | 14 | 2 |  | photos "2", größer (held out) | 0.25 | 0.3333333333333333',
      'validation | 14 | 2 |  | other | 0 | 1',
      'step | 100000 | 2 | 0.4354761838912964 |  |  | ',
    ],
  );
});
