import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chooseMode, defaultBudget } from '../../../src/datasets/cache/cache-mode.ts';
import { writeStripedFolders } from '../../support/pictures.ts';

let folder = '';
let picture = '';
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snapshelf-cache-mode-'));
  [picture = ''] = await writeStripedFolders(folder, 1, 1);
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('the default budget is a quarter of the free memory', () => {
  assert.equal(defaultBudget({ free: 4000, limit: 0, used: 900 }), 1000);
});

test('within a limit of the process it is a quarter of the memory that is left', () => {
  assert.equal(defaultBudget({ free: 4000, limit: 1200, used: 400 }), 200);
  assert.equal(defaultBudget({ free: 400, limit: 1200, used: 400 }), 100);
  assert.equal(defaultBudget({ free: 4000, limit: 1200, used: 1300 }), 0);
});

test('without a budget auto keeps in memory what fits the default budget', async () => {
  const side = 4096;
  const resize = { mode: 'squash', width: side, height: side, filter: 'bilinear' } as const;
  // Twice and half the budget: the free memory may change meanwhile.
  const modeOf = (share: number): Promise<string> => {
    const count = Math.ceil((share * defaultBudget()) / (side * side * 3));
    return chooseMode(new Array<string>(count).fill(picture), { mode: 'auto', resize });
  };
  assert.equal(await modeOf(2), 'none');
  assert.equal(await modeOf(1 / 2), 'memory');
});
