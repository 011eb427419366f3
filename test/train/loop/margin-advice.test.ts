// slow: trains
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { silentLogger } from '../../../src/log.ts';
import { recipeOf, train } from '../../../src/train/index.ts';
import { writeShapes } from '../../support/shapes.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-margin-'));
const pictures = join(folder, 'pictures');
before(() => writeShapes(pictures, 2, 1));
after(() => rmSync(folder, { recursive: true, force: true }));

/** The warnings of a run of an epoch. */
async function warningsOf(out: string, loss: string, setting: string): Promise<string[]> {
  const warnings: string[] = [];
  const small = ['width=0.125', 'resize.size=40', 'testResize.size=40', 'lastStride=1', 'schedule.warmup=0'];
  const values = { loss, epochs: 1, batch: 12, size: 32, testSize: 40 };
  const recipe = recipeOf('scratch', values, [...small, setting]);
  const run = { architecture: 'resnet18', recipeName: 'scratch', recipe, sources: [pictures] };
  const log = { ...silentLogger, warn: (text: string) => void warnings.push(text) };
  await train(run, { out: join(folder, out), provider: 'cpu', threads: 1, log });
  return warnings.filter((text) => text.includes('margin'));
}

test('features far longer than the margin are told with advice, and only those', async () => {
  const [warning, ...others] = await warningsOf('far', 'contrastive', 'lossOptions.contrastive.margin=0.01');
  assert.match(
    warning ?? '',
    /^The features are [\d.]+ long, far more than the margin of contrastive, 0\.01: .* Set lossOptions\.contrastive\.normalize to true,/,
  );
  assert.deepEqual(others, []);
  const near = 'lossOptions.contrastive.margin=1000';
  assert.deepEqual(await warningsOf('near', 'cross-entropy + contrastive', near), []);
  const unit = 'lossOptions.contrastive.normalize=true';
  assert.deepEqual(await warningsOf('unit', 'contrastive', unit), []);
});
