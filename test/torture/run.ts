// The torture run: node dist/test/torture/run.js [--minutes N] [--only NAME [--row TEXT]] [--seed S] [--try N] [--no-controls] [--first-loss]
// Every file of scenarios/ is one way to hurt the program; each runs in a process of its own. See docs/torture.md.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runControls } from './controls.ts';
import type { Terms } from './row.ts';
import type { Scenario } from './scenario.ts';
import { type Result, table } from './table.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '0.6' },
    only: { type: 'string' },
    row: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
    try: { type: 'string' },
    'first-loss': { type: 'boolean', default: false },
    'no-controls': { type: 'boolean', default: false },
  },
});
const minutes = Number(values.minutes);
const seed = Number(values.seed);
/** A run of so many minutes tries everything as often as docs/torture.md says. */
const fullMinutes = 15;
const full = minutes >= fullMinutes;
/** The number of negative controls of a shorter run, which can take minutes each. */
const fewControls = 1;
/** The part of the time that the negative controls take. */
const controlsShare = 0.2;

const extension = extname(import.meta.url);
const folder = new URL('./scenarios/', import.meta.url);
const names = (await readdir(folder))
  .filter((file) => file.endsWith(extension))
  .map((file) => file.slice(0, -extension.length))
  .filter((name) => values.only === undefined || name === values.only)
  .sort();
if (names.length === 0 && values.only !== 'controls')
  throw new RangeError(`There is no scenario ${values.only}.`);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new RangeError('--minutes and --seed are numbers.');

async function load(name: string): Promise<Scenario> {
  return ((await import(String(new URL(`${name}${extension}`, folder)))) as { scenario: Scenario }).scenario;
}
const shares = new Map<string, Scenario>();
for (const name of names) shares.set(name, await load(name));
const sum = [...shares.values()].reduce((total, { share }) => total + share, 0);
const withControls = !values['no-controls'] && (values.only === undefined || values.only === 'controls');

/** Runs a scenario in a process of its own; one that does not come to its end is a loss. */
async function run(name: string, { share, rows }: Scenario): Promise<Result> {
  const ofRow = values.row === undefined ? rows : 1;
  const seconds = (60 * minutes * share * (withControls ? 1 - controlsShare : 1)) / sum / ofRow;
  const only = values.try === undefined ? undefined : Number(values.try);
  const terms: Terms = { seed, seconds, full, row: values.row, only, firstLoss: values['first-loss'] };
  const script = fileURLToPath(new URL(`./scenario-process${extension}`, import.meta.url));
  const child = fork(script, [name, JSON.stringify(terms)], { execArgv: ['--expose-gc'] });
  let result: Result | undefined;
  child.on('message', (message) => {
    result = message as Result;
  });
  const [code, signal] = await once(child, 'close');
  if (result !== undefined) return result;
  const losses = [`${name}: the process ended with ${signal ?? code}`];
  const row = { title: 'all', wanted: 1, tried: 1, held: 0, lost: 1, losses, depths: {} };
  return { name, rows: [row], load: { megabytes: 0 }, remarks: [] };
}

console.log(`torture: ${minutes} minutes, seed ${seed}`);
const started = performance.now();
const results: Result[] = [];
for (const [name, scenario] of shares) {
  const result = await run(name, scenario);
  results.push(result);
  const lost = result.rows.reduce((total, row) => total + row.lost, 0);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${seconds} s: ${name}: ${lost === 0 ? 'held' : `${lost} lost`}`);
  for (const { losses, skipped, title } of result.rows) {
    if (skipped !== undefined) console.log(`  ${title}: skipped: ${skipped}`);
    for (const loss of losses) console.log(`  LOST ${loss}`);
  }
}
console.log(`\n${table(results)}`);
const rows = results.flatMap((result) => result.rows);
let failed = rows.some(({ lost }) => lost > 0);
const controls = {
  seed,
  minutes: controlsShare * minutes,
  count: full || values.only === 'controls' ? undefined : fewControls,
};
if (withControls) failed = !(await runControls(controls)) || failed;
console.log(
  `\n${Math.round((performance.now() - started) / 1000)} s, seed ${seed}: ${failed ? 'LOST' : 'all held'}`,
);
process.exitCode = failed ? 1 : 0;
