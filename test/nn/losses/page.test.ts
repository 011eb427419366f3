import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { describeBounds } from '../../../src/arguments.ts';
import { type LossOption, losses } from '../../../src/nn/index.ts';
import { repositoryRoot } from '../../support/repository.ts';
import { goldensOf, headOf } from '../support/loss-oracles.ts';

const page = readFileSync(join(repositoryRoot, 'docs', 'losses.md'), 'utf8');

/** The section of a loss: from its heading to the next. */
const sectionOf = (loss: string): string => page.split(`\n### ${loss}\n`)[1]?.split(/\n##/)[0] ?? '';

function rangeOf(option: LossOption): string {
  if (option.kind === 'choice') return option.values.join(', ');
  if (option.kind === 'flag') return 'true, false';
  const words = (option.words ?? []).map((word) => ` or ${word}`).join('');
  return `${option.kind === 'whole' ? 'a whole number' : 'a number'}${describeBounds(option)}${words}`;
}

function rowOf(name: string, option: LossOption): string {
  const unit = 'unit' in option ? ` ${option.unit}` : '';
  return `| \`${name}\` | ${option.default}${unit} | ${rangeOf(option)} | ${option.description} | ${option.source} |`;
}

test('docs/losses.md has every loss with its source and its options', () => {
  for (const [loss, { source, options }] of Object.entries(losses)) {
    const section = sectionOf(loss);
    assert.ok(section.includes(source), `${loss}: its section lacks ${source}`);
    for (const [name, option] of Object.entries(options))
      assert.ok(
        section.includes(`\n${rowOf(name, option)}\n`),
        `${loss} lacks this row:\n${rowOf(name, option)}`,
      );
    const rows = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
    assert.deepEqual(rows, Object.keys(options), `the options of ${loss}`);
  }
  const sections = [...page.matchAll(/^### (.+)$/gm)].map(([, name]) => name);
  assert.deepEqual(sections, Object.keys(losses));
});

test('docs/losses.md has the row of every oracle, as the test of the oracles prints it', () => {
  const missing = Object.keys(losses).flatMap((loss) =>
    goldensOf(loss)
      .map((golden) => headOf(loss, golden))
      .filter((head) => !page.includes(`\n${head} `)),
  );
  assert.deepEqual(missing, []);
});
