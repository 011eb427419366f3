import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ItemRows } from '../../../src/gallery/memory/item-rows.ts';

const living = ({ table }: ItemRows): number[] =>
  [...table.living.rows()].map((row) => table.sequenceAt(row));

test('rows follow changes, and a reader that catches up has the same', () => {
  const change = fc.record({ added: fc.nat(5), doomed: fc.array(fc.nat(40), { maxLength: 6 }) });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
      const rows = new ItemRows();
      const reader = new ItemRows();
      const there = new Set<number>();
      let last = 0;
      for (const { added, doomed } of changes) {
        const written = Array.from({ length: added }, (_, i) => last + 2 * i + 1);
        last = written.at(-1) ?? last;
        for (const sequence of written) there.add(sequence);
        const removed = doomed.filter((sequence) => there.delete(sequence));
        rows.follow(written, removed);
        const wanted = [...there].sort((a, b) => a - b);
        reader.catchUp(wanted);
        assert.deepEqual(living(rows), wanted);
        assert.deepEqual(living(reader), wanted);
      }
    }),
  );
});

test('what stands by row is told where each row was', () => {
  const rows = new ItemRows();
  let values = Array.from({ length: 20_000 }, (_, row) => `item ${row + 1}`);
  rows.followedBy({
    compacted(from) {
      values = Array.from(from, (row) => values[row] ?? '');
    },
  });
  rows.follow(
    values.map((_, row) => row + 1),
    [],
  );
  assert.ok(!rows.wantsCompaction);
  rows.follow(
    [],
    Array.from({ length: 6000 }, (_, i) => 3 * i + 1),
  );
  assert.ok(rows.wantsCompaction);
  rows.compact();
  assert.equal(rows.table.length, 14_000);
  for (const row of rows.table.living.rows()) assert.equal(values[row], `item ${rows.table.sequenceAt(row)}`);
  assert.ok(!rows.wantsCompaction);
});
