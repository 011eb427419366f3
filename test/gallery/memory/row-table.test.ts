import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RowTable } from '../../../src/gallery/memory/row-table.ts';

/** What may happen: a sequence number so far above the last, or the removal of one of those that were given out. */
const steps = fc.array(
  fc.oneof(
    fc.record({ add: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constant(2 ** 40)) }),
    fc.record({ remove: fc.nat(300) }),
  ),
  { maxLength: 300 },
);

test('a row table gives rows to rising sequence numbers and forgets none but the removed', () => {
  fc.assert(
    fc.property(steps, (given) => {
      const table = new RowTable();
      const all: number[] = [];
      const dead = new Set<number>();
      for (const step of given) {
        if ('add' in step) {
          all.push((all.at(-1) ?? 0) + step.add);
          equal(table.append(all.at(-1) as number), all.length - 1);
        } else {
          const sequence = all[step.remove % Math.max(1, all.length)] ?? 7;
          const row = all.indexOf(sequence);
          equal(table.remove(sequence), row === -1 || dead.has(sequence) ? undefined : row);
          if (row !== -1) dead.add(sequence);
        }
      }
      const living = all.flatMap((sequence, row) => (dead.has(sequence) ? [] : [row]));
      equal(table.length, all.length);
      equal(table.live, living.length);
      equal(table.lastSequence, all.at(-1) ?? 0);
      deepEqual([...table.living.rows()], living);
      all.forEach((sequence, row) => {
        equal(table.sequenceAt(row), sequence);
        equal(table.rowOf(sequence), dead.has(sequence) ? undefined : row);
        equal(table.firstFrom(sequence), row);
        equal(table.firstFrom(sequence + 0.5), row + 1);
      });
      const { table: compact, from } = table.compacted();
      deepEqual([...from], living);
      equal(compact.live, living.length);
      equal(compact.length, living.length);
      for (const [row, old] of from.entries()) equal(compact.sequenceAt(row), all[old]);
    }),
  );
});

test('a sequence number that does not rise, and a row that is not there, are refused', () => {
  const table = new RowTable();
  equal(table.rowOf(1), undefined);
  equal(table.append(3), 0);
  throws(() => table.append(3), /^RangeError: sequence must be a whole number of at least 4, not 3\.$/);
  throws(() => table.sequenceAt(1), /^RangeError: row must be a whole number from 0 to 0, not 1\.$/);
  throws(() => table.sequenceAt(-1), /^RangeError: row must/);
});
