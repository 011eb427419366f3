import { access, constants, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { type Evaluation, evaluate, type Protocol } from '../eval/index.ts';
import { writeAtomically } from '../files/index.ts';
import { evaluationPage } from '../report/index.ts';
import { type Prepared, prepare } from './evaluate-input.ts';
import { printEvaluation } from './evaluation-table.ts';
import { type Progress, showProgress } from './progress.ts';
import { interruptible } from './run.ts';

/** What `snapshelf evaluate` can be asked. */
export interface EvaluateOptions {
  readonly model?: string;
  readonly protocol?: Protocol;
  readonly query: readonly string[];
  readonly gallery: readonly string[];
  readonly queryVectors?: string;
  readonly queryLabels?: string;
  readonly queryIds?: string;
  readonly galleryVectors?: string;
  readonly galleryLabels?: string;
  readonly galleryIds?: string;
  readonly self?: boolean;
  readonly vectors?: string;
  readonly labels?: string;
  readonly ids?: string;
  readonly data?: string;
  readonly collection?: string;
  readonly metric: 'cosine' | 'l2' | 'both';
  readonly ks?: readonly number[];
  readonly convention: 'ours' | 'paper';
  readonly index?: boolean;
  readonly json?: string;
  readonly out?: string;
  readonly cache?: string | boolean;
  readonly skipBad?: boolean;
  readonly seed: number;
  readonly provider: 'auto' | 'cpu' | 'cuda';
  readonly threads?: number;
  readonly batch: number;
  readonly verbose?: boolean;
}

const units: Readonly<Record<string, string>> = {
  indexing: 'vectors',
  copying: 'vectors',
  'trying the index': 'widths',
};

/** One bar after the other, as the stages come. */
function stages(): {
  readonly onProgress: (stage: string, done: number, total: number) => void;
  stop(): void;
} {
  let [current, bar]: [string, Progress | undefined] = ['', undefined];
  return {
    onProgress(stage, done, total) {
      if (stage !== current) {
        bar?.stop();
        [current, bar] = [stage, showProgress(stage, total, units[stage] ?? 'queries')];
      }
      bar?.update(done);
    },
    stop: () => bar?.stop(),
  };
}

async function compute(
  prepared: Prepared,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<Evaluation> {
  const progress = stages();
  try {
    return await evaluate(prepared.input, {
      metrics: options.metric === 'both' ? ['cosine', 'l2'] : [options.metric],
      ks: options.ks ?? prepared.ks,
      convention: options.convention === 'paper' ? 'paper' : 'by-id',
      index: options.index ?? options.collection !== undefined,
      seed: options.seed,
      command: ['snapshelf', ...process.argv.slice(2)].join(' '),
      provider: options.provider,
      signal,
      onProgress: progress.onProgress,
    });
  } finally {
    progress.stop();
  }
}

const dataUri = (jpeg: Uint8Array): string =>
  `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`;

/** Thumbnails of all that the report shows. */
async function thumbnailsOf({ results }: Evaluation, { picture }: Prepared) {
  const [queries, gallery] = [new Map<string, string>(), new Map<string, string>()];
  const load = async (side: 'query' | 'gallery', into: Map<string, string>, id: string): Promise<void> => {
    if (into.has(id)) return;
    const jpeg = await picture(side, id);
    if (jpeg !== undefined) into.set(id, dataUri(jpeg));
  };
  for (const { id, neighbours } of results[0]?.examples ?? []) {
    await load('query', queries, id);
    for (const neighbour of neighbours) await load('gallery', gallery, neighbour.id);
  }
  return { query: (id: string) => queries.get(id), gallery: (id: string) => gallery.get(id) };
}

const write = (path: string, text: string): Promise<void> => writeAtomically(path, text);

async function writeReports(
  evaluation: Evaluation,
  prepared: Prepared,
  options: EvaluateOptions,
): Promise<void> {
  const text = `${JSON.stringify(evaluation)}\n`;
  if (options.json !== undefined) await write(options.json, text);
  if (options.out === undefined) return;
  await mkdir(options.out, { recursive: true });
  await write(join(options.out, 'report.json'), text);
  const page = await evaluationPage(evaluation, await thumbnailsOf(evaluation, prepared));
  await write(join(options.out, 'report.html'), page);
  console.log(`wrote ${join(options.out, 'report.html')} and report.json`);
}

/** What cannot be written in the end is better known at the start. */
async function checkWritable({ out, json }: EvaluateOptions): Promise<void> {
  try {
    if (out !== undefined) await mkdir(out, { recursive: true });
    const folders = [...(out === undefined ? [] : [out]), ...(json === undefined ? [] : [dirname(json)])];
    for (const folder of folders) await access(folder, constants.W_OK);
  } catch (cause) {
    throw new SnapshelfError('request-invalid', `The report cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
  if (json !== undefined && (await stat(json).catch(() => undefined))?.isDirectory())
    throw new SnapshelfError('request-invalid', `The report cannot be written: ${json} is a folder`);
}

/** Evaluates what the command line asks for, prints the figures and writes the reports. */
export async function evaluateAndReport(sources: readonly string[], options: EvaluateOptions): Promise<void> {
  await checkWritable(options);
  await interruptible(async (signal) => {
    const prepared = await prepare(sources, options, signal);
    try {
      for (const note of prepared.notes) process.stderr.write(`${note}\n`);
      const evaluation = await compute(prepared, options, signal);
      printEvaluation(evaluation);
      await writeReports(evaluation, prepared, options);
    } finally {
      await prepared.close();
    }
  });
}
