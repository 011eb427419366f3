import { Command } from 'commander';
import { compareEvaluations, type Evaluation, parseEvaluation } from '../eval/index.ts';
import { readInput, writeAtomically } from '../files/index.ts';
import { checkOutput } from './check-output.ts';
import { printComparison } from './evaluation-table.ts';
import { integer } from './options.ts';

/** Bytes of a report: a million queries have some 200 MB. */
const largestReport = 2 ** 28;

async function read(path: string): Promise<Evaluation> {
  const bytes = await readInput(path, largestReport, 'source-invalid', `The report ${path}`);
  return parseEvaluation(bytes.toString(), path);
}

async function run(a: string, b: string, { json, seed }: { readonly json?: string; readonly seed: number }) {
  if (json !== undefined) await checkOutput(json);
  const comparison = compareEvaluations(await read(a), await read(b), seed);
  printComparison(comparison);
  if (json !== undefined) await writeAtomically(json, `${JSON.stringify(comparison)}\n`);
}

/** Makes the command `snapshelf compare`: two reports, query by query. */
export const compareCommand = (): Command =>
  new Command('compare')
    .description('Compare two recall reports of the same queries, with intervals of the paired differences.')
    .argument('<a.json>', 'report of snapshelf evaluate')
    .argument('<b.json>', 'the newer one: differences are b - a')
    .option('--json <file>', 'write the comparison as JSON')
    .option('--seed <n>', 'seed of the intervals', integer(0, 2 ** 32 - 1), 0)
    .addHelpText('after', '\nExample:\n  $ snapshelf compare before/report.json after/report.json')
    .action(run);
