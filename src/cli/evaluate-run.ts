import { join } from 'node:path';
import { type Evaluation, type EvaluationOptions, evaluate } from '../eval/index.ts';
import { writeAtomically } from '../files/index.ts';
import { evaluationPage } from '../report/index.ts';
import { weakNumbersOf } from '../vectors/index.ts';
import { checkOutput } from './check-output.ts';
import { type Prepared, prepare } from './evaluate-input.ts';
import type { EvaluateOptions } from './evaluate-options.ts';
import { isRanked } from './evaluate-ranking.ts';
import { parseSource } from './evaluation-source.ts';
import { printEvaluation } from './evaluation-table.ts';
import { type Progress, showProgress } from './progress.ts';
import { interruptible } from './run.ts';

const units: Readonly<Record<string, string>> = {
  indexing: 'vectors',
  'trying the index': 'widths',
};

/** Shows one bar after the other, as the stages come. */
class StageBars {
  #stage = '';
  #bar: Progress | undefined;

  readonly update = (stage: string, done: number, total: number): void => {
    if (stage !== this.#stage) {
      this.stop();
      this.#stage = stage;
      this.#bar = showProgress(stage, total, units[stage] ?? 'queries');
    }
    this.#bar?.update(done);
  };

  stop(): void {
    this.#bar?.stop();
  }
}

/** The metrics that are asked for; a collection under a metric of probabilities is evaluated under its own, with its numbers. */
function metricsOf(
  { own }: Prepared,
  { metric, metricOptions }: EvaluateOptions,
): Pick<EvaluationOptions, 'metrics' | 'metricOptions'> {
  const isWeak = own !== undefined && weakNumbersOf(own) !== undefined;
  const chosen = metric ?? (isWeak ? own.metric : 'both');
  if (chosen === 'both') return { metrics: ['cosine', 'l2'], metricOptions };
  const numbers = metricOptions ?? (own?.metric === chosen ? own.metricOptions : undefined);
  return { metrics: [chosen], metricOptions: numbers };
}

async function compute(
  prepared: Prepared,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<Evaluation> {
  const splitLoss = options.splitLoss ? await prepared.split() : undefined;
  const ranking = isRanked(options) ? await prepared.ranking() : undefined;
  const bars = new StageBars();
  try {
    return await evaluate(prepared.input, {
      ...metricsOf(prepared, options),
      ks: options.ks ?? prepared.ks,
      convention: options.convention,
      index: options.index ?? options.collection !== undefined,
      splitLoss,
      ranking,
      seed: options.seed,
      command: ['snapshelf', ...process.argv.slice(2)].join(' '),
      provider: options.provider,
      signal,
      onProgress: bars.update,
    });
  } finally {
    bars.stop();
  }
}

const dataUri = (jpeg: Uint8Array): string =>
  `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`;

/** Loads the thumbnails of all that the report shows. */
async function thumbnailsOf({ results }: Evaluation, { picture }: Prepared) {
  const uris = { query: new Map<string, string>(), gallery: new Map<string, string>() };
  const load = async (side: 'query' | 'gallery', id: string): Promise<void> => {
    if (uris[side].has(id)) return;
    const jpeg = await picture(side, id);
    if (jpeg !== undefined) uris[side].set(id, dataUri(jpeg));
  };
  for (const { id, neighbours } of results[0]?.examples ?? []) {
    await load('query', id);
    for (const neighbour of neighbours) await load('gallery', neighbour.id);
  }
  return { query: (id: string) => uris.query.get(id), gallery: (id: string) => uris.gallery.get(id) };
}

async function writeReports(
  evaluation: Evaluation,
  prepared: Prepared,
  { json, out }: EvaluateOptions,
): Promise<void> {
  const text = `${JSON.stringify(evaluation)}\n`;
  if (json !== undefined) await writeAtomically(json, text);
  if (out === undefined) return;
  await writeAtomically(join(out, 'report.json'), text);
  const page = await evaluationPage(evaluation, await thumbnailsOf(evaluation, prepared));
  await writeAtomically(join(out, 'report.html'), page);
  console.log(`wrote ${join(out, 'report.html')} and report.json`);
}

const reportsOf = ({ json, out }: EvaluateOptions): string[] => [
  ...(json === undefined ? [] : [json]),
  ...(out === undefined ? [] : [join(out, 'report.json'), join(out, 'report.html')]),
];

/** Evaluates what the command line names, prints the figures and writes the reports. */
export async function evaluateAndReport(sources: readonly string[], options: EvaluateOptions): Promise<void> {
  const source = parseSource(sources, options);
  await checkOutput(...reportsOf(options));
  await interruptible(async (signal) => {
    const prepared = await prepare(source, options, signal);
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
