import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeLeftOut, describeRemarks, type LeftOut } from '../../../src/datasets/index.ts';

const of = (kind: LeftOut['kind'], ...paths: readonly string[]): LeftOut[] =>
  paths.map((path) => ({ kind, path }));

test('nothing left out is nothing to say', () => {
  assert.equal(describeLeftOut([]), '');
  assert.deepEqual(describeRemarks({ leftOut: [], notes: [] }), []);
});

test('one line has the counts by kind, and of pictures and files by ending', () => {
  const line = describeLeftOut([
    ...of('hidden', '.git'),
    ...of('not-a-picture', 'a.txt', 'b.TXT', 'LICENSE'),
    ...of('unsupported-picture', 'a.tiff', 'b.HEIC', 'c.heic'),
    ...of('system-folder', '@eaDir', 'hat/__MACOSX'),
  ]);
  assert.equal(
    line,
    'left out 3 pictures of formats that are not read (2 HEIC, 1 TIFF): save them as JPEG, PNG, WebP or AVIF; 3 files that are no pictures (2 TXT, 1 without an ending); 2 system folders (@eaDir, hat/__MACOSX); 1 hidden file or folder (.git)',
  );
});

test('long lists are cut, but counted', () => {
  const names = Array.from({ length: 1000 }, (_, at) => `${at}.e${at}`);
  const line = describeLeftOut([...of('not-a-picture', ...names), ...of('name-not-utf8', ...names)]);
  assert.match(line, /1 E4, 995 others\)/);
  assert.match(line, /^left out 1000 files or folders .*4\.e4 and 995 more\): rename them; 1000 files/);
});

test('notes stand before what was left out', () => {
  const lines = describeRemarks({ leftOut: of('link', 'x'), notes: ['A blank was removed.'] });
  assert.deepEqual(lines, [
    'note: A blank was removed.',
    'left out 1 link to a device or to a folder above (x)',
  ]);
});
