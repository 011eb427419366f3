import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomNumbers, shuffled } from '../../src/random.ts';
import { repositoryRoot } from '../support/repository.ts';

/** A guard that is taken out of the build, and the row of the table that has to lose then. */
export interface Control {
  readonly name: string;
  /** Below `dist`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly scenario: string;
  /** A part of the row's title. */
  readonly row: string;
}

type Guard = Omit<Control, 'scenario' | 'row'>;

const readJson = (...path: string[]): unknown =>
  JSON.parse(readFileSync(join(repositoryRoot, ...path), 'utf8'));

/** Reads `controls.json`; an entry with `guard` takes out what the guard of that name in `test/guards` does. */
export function readControls(): Control[] {
  const guards = readdirSync(join(repositoryRoot, 'test', 'guards'))
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => readJson('test', 'guards', name) as Guard[]);
  const entries = readJson('test', 'torture', 'controls.json') as (Control & { readonly guard?: string })[];
  return entries.map((entry) => {
    if (entry.guard === undefined) return entry;
    const guard = guards.find(({ name }) => name === entry.guard);
    if (guard === undefined) throw new Error(`There is no guard ${entry.guard}.`);
    return { ...guard, scenario: entry.scenario, row: entry.row };
  });
}

/** Copies the build to a folder of its own, so that nothing has to be put back. */
function copyBuild(): string {
  const copy = mkdtempSync(join(tmpdir(), 'snapshelf-torture-controls-'));
  const filter = (path: string): boolean => !/\.(map|d\.ts|tsbuildinfo)$/.test(path);
  for (const part of ['src', 'test'])
    cpSync(join(repositoryRoot, 'dist', part), join(copy, 'dist', part), { recursive: true, filter });
  cpSync(join(repositoryRoot, 'package.json'), join(copy, 'package.json'));
  for (const name of ['node_modules', 'models', 'test', 'src'])
    symlinkSync(join(repositoryRoot, name), join(copy, name));
  return copy;
}

/** Runs a row of a scenario in the copy; true if something was lost. */
async function loses(
  copy: string,
  { scenario, row }: Control,
  minutes: number,
  seed: number,
): Promise<boolean> {
  const script = join(copy, 'dist', 'test', 'torture', 'run.js');
  const terms = ['--only', scenario, '--row', row, '--minutes', String(minutes), '--seed', String(seed)];
  const child = spawn(process.execPath, [script, ...terms, '--no-controls', '--first-loss'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0 && !output.includes('LOST')) throw new Error(`The control did not run: ${output}`);
  return code !== 0;
}

/** Options of `runControls`. */
export interface ControlOptions {
  readonly seed: number;
  /** Minutes for all of them. */
  readonly minutes: number;
  /** The number of controls, of those that are quick on an idle machine; they follow from the seed. Default: all. */
  readonly count?: number | undefined;
}

/** Takes one guard after the other out of a copy of the build; returns true if the torture run notices each. */
export async function runControls({ seed, minutes, count }: ControlOptions): Promise<boolean> {
  const all = readControls();
  // A power cut is found by a recording of a minute.
  const quick = all.filter(({ scenario }) => scenario !== 'power');
  const chosen = count === undefined ? all : shuffled(quick, randomNumbers(seed)).slice(0, count);
  const copy = copyBuild();
  const each = minutes / (chosen.length + 1);
  // One ends at its first loss: the time for those that are slow to lose, or on a busy machine, costs the others nothing.
  const longest = Math.max(3, each);
  let good = true;
  const tell = (name: string, noticed: boolean, expected: boolean): void => {
    console.log(`control: ${name}: ${noticed ? 'lost' : 'held'}${noticed === expected ? '' : ', WRONG'}`);
    good &&= noticed === expected;
  };
  try {
    const [first] = chosen;
    if (first !== undefined) tell('nothing is taken out', await loses(copy, first, each, seed), false);
    for (const control of chosen) {
      const path = join(copy, 'dist', control.file);
      const text = readFileSync(path, 'utf8');
      const parts = text.split(control.find);
      if (parts.length !== 2) throw new Error(`${control.name}: found ${parts.length - 1} times in ${path}.`);
      writeFileSync(path, parts.join(control.replace));
      tell(`without "${control.name}"`, await loses(copy, control, longest, seed), true);
      writeFileSync(path, text);
    }
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
  return good;
}
