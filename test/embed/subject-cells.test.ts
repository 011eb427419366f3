import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { subjectCells } from '../../src/embed/subject-cells.ts';
import { fixture } from '../support/repository.ts';

interface Case {
  readonly rows: number;
  readonly columns: number;
  readonly activation: readonly number[];
  readonly subject: readonly number[];
}

test('the subject is the box around the largest group of cells above the mean, as SciPy labels them', () => {
  const { maps } = JSON.parse(readFileSync(fixture('cells', 'cells.json'), 'utf8')) as { maps: Case[] };
  for (const { rows, columns, activation, subject } of maps) {
    const { left, top, right, bottom } = subjectCells(activation, rows, columns);
    assert.deepEqual([left, top, right, bottom], subject, `${rows} x ${columns}`);
  }
});
