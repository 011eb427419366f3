// What does importing cost over embedding, and does its memory stay flat? Small pictures through the real command
// line: `snapshelf index` against `snapshelf embed` in turn, then one long import with its resident memory watched.
import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { thumbnail } from '../src/image/index.ts';
import { median, takeTurns } from './support/measure.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

const cli = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const model = fileURLToPath(new URL('../../models/snapshelf-lite.onnx', import.meta.url));
const full = { part: 1000, rounds: 3, long: 10_000 };
const quick = { part: 40, rounds: 1, long: 80 };
const side = 160;

/** A small JPEG of waves, different for each number. */
function picture(number: number): Promise<Uint8Array> {
  const data = new Uint8Array(side * side * 3);
  for (let i = 0; i < data.length; i += 1) {
    const [x, y] = [((i / 3) | 0) % side, (i / 3 / side) | 0];
    data[i] =
      128 +
      60 * Math.sin(x / (3 + (number % 17)) + (i % 3)) +
      60 * Math.cos(y / (5 + (number % 23)) + number);
  }
  return thumbnail({ data, width: side, height: side }, side);
}

async function writePictures(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let number = 0; number < count; number += 1)
    await writeFile(join(folder, `${number}.jpg`), await picture(number));
}

interface Run {
  /** Images a second, as the command itself says at its end. */
  readonly rate: number;
  /** Resident memory in MiB, once a second. */
  readonly memory: readonly number[];
}

async function residentMiB(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}

async function snapshelf(...args: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let output = '';
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  const memory: number[] = [];
  while (child.exitCode === null && child.signalCode === null) {
    const resident = await residentMiB(child.pid ?? 0);
    if (resident !== undefined) memory.push(resident);
    await setTimeout(1000);
  }
  const rate = Number([...output.matchAll(/([\d.]+) images\/s/g)].at(-1)?.[1]);
  if (child.exitCode !== 0 || Number.isNaN(rate)) throw new Error(`snapshelf ${args[0]} failed:\n${output}`);
  return { rate, memory };
}

function printMemory(memory: readonly number[]): void {
  const quarter = Math.ceil(memory.length / 4);
  const [second, last] = [memory.slice(quarter, 2 * quarter), memory.slice(-quarter)].map(median);
  const growth = (last ?? Number.NaN) / (second ?? Number.NaN);
  console.log(
    `resident memory: ${second?.toFixed(0)} MiB in the second quarter, ${last?.toFixed(0)} MiB in the last, ratio ${growth.toFixed(2)}   (goal <= 1.10)`,
  );
}

/** Prints both rates, their ratio (goal >= 0.8), and the memory of the long import. */
export async function run(options: { readonly quick: boolean }): Promise<void> {
  const { part, rounds, long } = options.quick ? quick : full;
  await inTemporaryFolder(async (folder) => {
    await writePictures(join(folder, 'part'), part);
    let number = 0;
    const index = async (source: string): Promise<Run> =>
      snapshelf(
        'index',
        join(folder, source),
        '--data',
        join(folder, `data-${number++}`),
        '--collection',
        'c',
        '--model',
        model,
      );
    const embed = (): Promise<Run> =>
      snapshelf('embed', join(folder, 'part'), '--model', model, '--out', join(folder, 'features.npy'));
    const contenders = [
      { name: 'embed', measure: async () => (await embed()).rate },
      { name: 'index', measure: async () => (await index('part')).rate },
    ];
    const [embedded = [], indexed = []] = await takeTurns(contenders, rounds);
    const ratio = median(indexed.map((rate, round) => rate / (embedded[round] ?? Number.NaN)));
    console.log(
      `embed ${median(embedded).toFixed(1)} images/s, index ${median(indexed).toFixed(1)} images/s, ratio ${ratio.toFixed(3)}   (goal >= 0.8)`,
    );
    await writePictures(join(folder, 'long'), long);
    const { rate, memory } = await index('long');
    console.log(`${long} pictures imported at ${rate.toFixed(1)} images/s`);
    printMemory(memory);
  });
}
