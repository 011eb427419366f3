// Is exact search, which settles every distance and tie in float64, as fast as faiss's IndexFlatIP, which does not? The
// 50 nearest of 60,502 vectors of 2,048 numbers for 10,000 of them, and the 10 nearest of 100,000 of 512 for 1,000, cosine,
// on the same threads, in turn, each in a process of its own. The other side needs faiss in the Python that SNAPSHELF_PYTHON names, or python3.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { randomNumbers } from '../src/random.ts';
import { median, takeTurns } from './support/measure.ts';
import { inTemporaryFolder } from './support/temporary-folder.ts';

interface Scale {
  readonly rows: number;
  readonly queries: number;
  readonly dimension: number;
  /** Neighbours per query. */
  readonly k: number;
  readonly rounds: number;
}
const full: readonly Scale[] = [
  { rows: 60_502, queries: 10_000, dimension: 2048, k: 50, rounds: 3 },
  { rows: 100_000, queries: 1000, dimension: 512, k: 10, rounds: 5 },
];
const quick: readonly Scale[] = [{ rows: 4000, queries: 500, dimension: 128, k: 50, rounds: 2 }];
const perLabel = 5;

interface Answer {
  readonly seconds: number;
  /** Seconds of all threads together, which say more than seconds while others use the machine. */
  readonly cpu?: number;
  readonly peakMiB?: number;
  readonly flops?: number;
  readonly first?: readonly number[];
}

/** A process that answers lines with lines of JSON. */
class Side {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines: Interface = createInterface({ input: this.#child.stdout as NodeJS.ReadableStream });
    this.#lines = lines[Symbol.asyncIterator]();
    this.#child.on('error', () => lines.close());
  }

  /** The next line, or undefined when the process has ended. */
  async next(): Promise<Answer | undefined> {
    const { value, done } = await this.#lines.next();
    return done ? undefined : (JSON.parse(value) as Answer);
  }

  async ask(what: string): Promise<Answer> {
    this.#child.stdin?.write(`${what}\n`);
    const answer = await this.next();
    if (answer === undefined) throw new Error('a side of the benchmark has died');
    return answer;
  }

  end(): void {
    this.#child.stdin?.end();
  }
}

/** Clusters of as many vectors as a label has, every vector as far from its centre as the centre from zero. */
async function writeVectors(path: string, { rows, dimension }: Scale): Promise<void> {
  const random = randomNumbers(1);
  const file = createWriteStream(path);
  let centre = new Float32Array();
  for (let row = 0; row < rows; row += 1) {
    if (row % perLabel === 0) centre = Float32Array.from({ length: dimension }, () => random() * 2 - 1);
    const vector = centre.map((value) => value + random() * 2 - 1);
    if (!file.write(new Uint8Array(vector.buffer))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'close');
}

async function startSides(folder: string, scale: Scale): Promise<{ ours: Side; faiss: Side | undefined }> {
  const path = join(folder, 'vectors.f32');
  await writeVectors(path, scale);
  const { rows, queries, dimension, k } = scale;
  const args = [path, rows, queries, dimension, k, availableParallelism()].map(String);
  const here = dirname(fileURLToPath(import.meta.url));
  const script = join(here, 'support', `exact-search-process${extname(import.meta.url)}`);
  const ours = new Side(process.execPath, [script, ...args]);
  await ours.next();
  const python = join(here, '../../benchmark/support/exact_search_faiss.py');
  const faiss = new Side(process.env['SNAPSHELF_PYTHON'] ?? 'python3', [python, ...args]);
  return { ours, faiss: (await faiss.next()) === undefined ? undefined : faiss };
}

/** A side that is measured, with its answers so far. */
interface Measured {
  readonly name: string;
  readonly answers: Answer[];
  readonly measure: () => Promise<number>;
}

/** Asks for the same thing again and again; the rate is in floating-point operations per second. */
function measured(name: string, side: Side, what: string, flops: number): Measured {
  const answers: Answer[] = [];
  const measure = async (): Promise<number> => {
    const answer = await side.ask(what);
    answers.push(answer);
    return (answer.flops ?? flops) / answer.seconds;
  };
  return { name, answers, measure };
}

async function compare(folder: string, scale: Scale): Promise<void> {
  const { ours, faiss } = await startSides(folder, scale);
  const flops = 2 * scale.queries * scale.rows * scale.dimension;
  console.log(`  the ${scale.k} nearest of ${scale.rows} x ${scale.dimension} for ${scale.queries} queries`);
  const own = measured('exact search', ours, 'search', flops);
  const contenders = [own, measured('one product', ours, 'peak', flops)];
  if (faiss === undefined) console.log('  faiss is not measured: it does not start (set SNAPSHELF_PYTHON)');
  else contenders.push(measured('faiss', faiss, 'search', flops));
  const rates = await takeTurns(contenders, scale.rounds);
  for (const side of [ours, faiss]) side?.end();
  for (const [at, contender] of contenders.entries()) print(contender, rates[at] ?? [], own, rates[0] ?? []);
  // Later rounds also count what the large product has left.
  console.log(`  memory above the vectors: ${own.answers[0]?.peakMiB?.toFixed(0)} MiB at most`);
}

function print(other: Measured, rates: readonly number[], own: Measured, ownRates: readonly number[]): void {
  const gigaflops = (median(rates) / 1e9).toFixed(1).padStart(7);
  const ratio = median(ownRates.map((rate, round) => rate / (rates[round] ?? Number.NaN)));
  const line = `  ${other.name.padEnd(12)} ${gigaflops} GFLOP/s`;
  const cpu = median(
    own.answers.map(({ cpu = 0 }, round) => (other.answers[round]?.cpu ?? Number.NaN) / cpu),
  );
  const inCpu = Number.isNaN(cpu) ? '' : `, in processor time ${cpu.toFixed(2)}`;
  const agree = String(other.answers[0]?.first) === String(own.answers[0]?.first);
  const same = other.answers[0]?.first === undefined ? '' : `; same neighbours: ${agree}`;
  console.log(other === own ? line : `${line}   exact search is at ${ratio.toFixed(2)} of it${inCpu}${same}`);
}

export async function run(options: { readonly quick: boolean }): Promise<void> {
  for (const scale of options.quick ? quick : full)
    await inTemporaryFolder(async (folder) => {
      await compare(folder, scale);
    });
}
