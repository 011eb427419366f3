// slow: starts processes
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { optionsOfRecipe, overridesOf } from '../../src/cli/recipe-options.ts';
import { recipeDescriptions, recipes } from '../../src/train/index.ts';
import { snapshelf } from '../support/cli.ts';

test('recipes are listed with a line each', async () => {
  const { code, stdout } = await snapshelf('recipes');
  assert.equal(code, 0);
  const names = stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(' ')[0]);
  assert.deepEqual(names, Object.keys(recipes));
  const { stdout: json } = await snapshelf('recipes', '--json');
  const listed = Object.entries(recipeDescriptions).map(([name, description]) => ({ name, description }));
  assert.deepEqual(JSON.parse(json), listed);
});

test('every value of a recipe is printed with its unit, range and description', async () => {
  const { stdout } = await snapshelf('recipes', 'finetune');
  assert.match(
    stdout,
    /^size +160 pixels +side of the training pictures \(a whole number from 32 to 1024; default 224\)$/m,
  );
  assert.match(stdout, /^jitter\.brightness +0\.3 +/m);
  assert.match(stdout, /^schedule\.kind +cosine +kind \(one of constant, step, cosine; default cosine\)$/m);
  const { stdout: json } = await snapshelf('recipes', 'finetune', '--json');
  const { values } = JSON.parse(json) as { values: { key: string; value: unknown; default: unknown }[] };
  const top = new Set(values.map(({ key }) => key.split('.')[0]));
  assert.deepEqual([...top], Object.keys(recipes['finetune'] ?? {}));
  const clip = values.find(({ key }) => key === 'clipNorm');
  assert.deepEqual([clip?.value, clip?.default], [null, null]);
});

test('a misspelt recipe is told, and every value that is no object has an option of snapshelf train', async () => {
  const { code, stderr } = await snapshelf('recipes', 'sopp');
  assert.equal(code, 2);
  assert.match(stderr, /Did you mean sop\?/);
  const { stdout } = await snapshelf('train', '--help');
  for (const option of ['--epochs', '--lr', '--classifier-lr', '--bn', '--clip-norm', '--images-per-label'])
    assert.match(stdout, new RegExp(`^ +${option} <`, 'm'));
  const refused = await snapshelf('train', 'x', '--out', 'x', '--epochs', '0');
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /epochs must be a whole number of at least 1, not 0\./);
});

test('options of the recipe give values of its schema, null too', () => {
  const command = new Command();
  for (const option of optionsOfRecipe()) command.addOption(option);
  const given = ['--clip-norm', 'null', '--patience', '5', '--flip', 'false', '--progressive', '112:20'];
  command.parse(given, { from: 'user' });
  assert.deepEqual(overridesOf(command.opts()), {
    clipNorm: null,
    patience: 5,
    flip: false,
    progressive: [{ size: 112, epochs: 20 }],
  });
});
