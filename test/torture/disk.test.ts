import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Row } from './row.ts';
import { Disk, type Loss } from './support/disk.ts';
import type { DiskEvent } from './support/strace.ts';

const root = mkdtempSync(join(tmpdir(), 'snapshelf-disk-'));
after(() => rmSync(root, { recursive: true }));

/** What is left of the file /top/a, or its new name /top/b, after these events. */
function left(loss: Loss, events: readonly DiskEvent[]): Record<string, string> {
  const disk = new Disk('/top');
  for (const [number, event] of events.entries()) disk.perform(event, number);
  const to = mkdtempSync(join(root, 'left-'));
  disk.leave(to, loss, () => 0);
  return Object.fromEntries(
    ['a', 'b'].flatMap((name) =>
      existsSync(join(to, name)) ? [[name, readFileSync(join(to, name), 'utf8')]] : [],
    ),
  );
}

const written: DiskEvent[] = [
  { kind: 'create', path: '/top/a', began: 0 },
  { kind: 'write', path: '/top/a', at: 0, bytes: Buffer.from('one') },
];

test('what was not synced is lost: contents, names, and a name that was changed', () => {
  const file: DiskEvent = { kind: 'sync', path: '/top/a', began: 2 };
  const folder: DiskEvent = { kind: 'sync', path: '/top', began: 3 };
  const rename: DiskEvent = { kind: 'rename', path: '/top/a', to: '/top/b' };
  assert.deepEqual(left('strict', [...written, file]), {});
  assert.deepEqual(left('names', written), { a: '' });
  assert.deepEqual(left('some', written), { a: 'one' });
  assert.deepEqual(left('strict', [...written, file, folder]), { a: 'one' });
  assert.deepEqual(left('strict', [...written, folder]), { a: '' });
  assert.deepEqual(left('strict', [...written, file, folder, rename]), { a: 'one' });
  assert.deepEqual(left('names', [...written, file, folder, rename]), { b: 'one' });
});

test('a sync covers the writes that ended before it began', () => {
  const late: DiskEvent = { kind: 'sync', path: '/top/a', began: 1 };
  assert.deepEqual(left('names', [...written, late]), { a: '' });
});

test('a try that throws is lost, with its number; too few that pass the first check are too', async () => {
  const row = new Row('row', { seed: 1, seconds: 0, full: true }, { wanted: 40 });
  await row.run(({ number, reached }) => {
    if (number < 5) reached('sniffed');
    if (number === 7) throw new Error('it lied');
  });
  row.expectDepth('sniffed');
  const { tried, held, lost, losses } = row.figures;
  assert.deepEqual([tried, held, lost], [40, 38, 2]);
  assert.match(losses[0] ?? '', /^row: try 7: it lied/);
  assert.match(losses[1] ?? '', /only 5 of 40/);
});
