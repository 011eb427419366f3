import { Command } from 'commander';
import { SnapshelfError } from '../errors.ts';
import { type LabelledTable, readLabelledTable } from '../eval/index.ts';
import { writeAtomically } from '../files/index.ts';
import {
  type GivenParameters,
  type Information,
  type InformationFigures,
  type InformationInput,
  information,
  informationSchema,
  parametersOf,
} from '../information/index.ts';
import {
  distanceFrom,
  type Metric,
  type MetricChoice,
  type MetricOptions,
  probabilityProblem,
  rowOf,
  settleMetric,
  weakNumbersOf,
} from '../vectors/index.ts';
import { checkOutput } from './check-output.ts';
import { describeInformation } from './information-table.ts';
import { metricOption, metricOptionsOption } from './metric-option.ts';
import { collectChecked, integer, number } from './options.ts';
import { showPieces } from './progress.ts';
import { interruptible } from './run.ts';
import { strictOption, tellRemarks } from './tell-remarks.ts';

interface Options {
  readonly vectors: string;
  readonly labels: string;
  readonly beside: readonly string[];
  readonly normalize?: boolean;
  readonly metric: Metric;
  readonly metricOptions?: MetricOptions;
  readonly json?: string;
  readonly strict?: boolean;
  readonly margin?: number;
  readonly sigma?: number;
  readonly alpha?: number;
  readonly beta?: number;
  readonly similarityMargin?: number;
  readonly lambda?: number;
  readonly folds?: number;
  readonly penalty?: number;
}

/** Leaves out what was not given. */
const given = (values: Readonly<Record<string, number | undefined>>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );

const parametersGiven = (options: Options): GivenParameters => ({
  contrastive: given({ margin: options.margin }),
  snca: given({ sigma: options.sigma }),
  'multi-similarity': given({
    alpha: options.alpha,
    beta: options.beta,
    margin: options.similarityMargin,
  }),
  pce: given({ lambda: options.lambda }),
  classifier: given({ folds: options.folds, penalty: options.penalty }),
});

interface Named {
  readonly name: string;
  readonly file: string;
}

/** A name and a file, `imagenet=imagenet.npy`. */
function named(text: string): Named {
  const [, name = '', file = ''] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
  if (name === '' || file === '') throw new RangeError('Expected NAME=FILE, such as imagenet=imagenet.npy.');
  return { name, file };
}

const checkNamed = collectChecked((text) => {
  named(text);
  return text;
});

function besideOf({ beside }: Options): Named[] {
  const all = beside.map(named);
  const twice = all.find(({ name }, at) => all.findIndex((other) => other.name === name) !== at);
  if (twice !== undefined)
    throw new RangeError(`Two files beside are named ${twice.name}: give each a name of its own.`);
  return all;
}

interface Table extends LabelledTable, Pick<InformationInput, 'distance'> {
  readonly name: string;
}

async function readTables(options: Options): Promise<Table[]> {
  const files = [{ name: '', file: options.vectors }, ...besideOf(options)];
  const tables: Table[] = [];
  for (const { name, file } of files)
    tables.push({ name, ...(await readLabelledTable({ vectors: file, labels: options.labels })) });
  tellRemarks({ leftOut: [], notes: tables[0]?.notes ?? [] }, options.strict);
  return tables;
}

/** The distance of rows by a metric; undefined for L2, which is the default of the figures. */
function distanceOf({ vectors, dimension }: Table, choice: MetricChoice): Table['distance'] {
  if (choice.metric === 'l2') return undefined;
  const all = Float32Array.from(vectors);
  const isWeak = weakNumbersOf(choice) !== undefined;
  const rows = Array.from({ length: all.length / dimension }, (_, row) => {
    const problem = isWeak ? probabilityProblem(all, row * dimension, dimension) : undefined;
    if (problem !== undefined)
      throw new SnapshelfError('vector-invalid', `The vector ${row} (from 0) ${problem}.`);
    return distanceFrom(rowOf({ vectors: all, dimension }, row), choice);
  });
  return (i, j) => rows[i]?.(all, j * dimension) ?? Number.NaN;
}

async function figuresOf(table: Table, options: Options, signal: AbortSignal): Promise<InformationFigures> {
  const { normalize, vectors: file } = options;
  const title = `measuring ${table.name === '' ? file : table.name}`;
  const distance = distanceOf(table, options);
  return information(
    { ...table, distance },
    {
      normalize,
      parameters: parametersGiven(options),
      onProgress: showPieces(title, 'pieces'),
      signal,
    },
  );
}

async function run(options: Options): Promise<void> {
  const { json } = options;
  const parameters = parametersOf(parametersGiven(options));
  const metric = settleMetric(options);
  if (options.normalize && weakNumbersOf(metric) !== undefined)
    throw new RangeError(
      `The option --normalize scales vectors to length 1, and ${metric.metric} compares probabilities: leave one of them out.`,
    );
  if (json !== undefined) await checkOutput(json);
  const tables = await readTables(options);
  const all = new Map<string, InformationFigures>();
  await interruptible(async (signal) => {
    for (const table of tables) all.set(table.name, await figuresOf(table, options, signal));
  });
  const { '': own, ...beside } = Object.fromEntries(all);
  const report: Information = informationSchema.parse({
    ...own,
    parameters,
    ...(metric.metric !== 'l2' && metric),
    ...(tables.length > 1 && { beside }),
  });
  console.log(describeInformation(report));
  if (json === undefined) return;
  await writeAtomically(json, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`wrote ${json}`);
}

const addParameters = (command: Command): Command =>
  command
    .option('--margin <m>', 'm of the contrastive loss, a distance (default: 1)', number)
    .option('--sigma <s>', 'sigma of SNCA, above 0 (default: 0.05)', number)
    .option('--alpha <a>', 'alpha of multi-similarity, above 0 (default: 2)', number)
    .option('--beta <b>', 'beta of multi-similarity, above 0 (default: 50)', number)
    .option('--similarity-margin <m>', 'm of multi-similarity, a cosine (default: 0.5)', number)
    .option('--lambda <l>', 'lambda of PCE, above 0 (default: 1)', number)
    .option('--folds <n>', 'parts of the rows for the linear classifier (default: 5)', integer(2, 100))
    .option(
      '--penalty <p>',
      'of its squared weights, on standardised vectors, above 0 (default: 0.01)',
      number,
    );

/** Makes the command `snapshelf information`: the two views of mutual information, of vectors and labels. */
export const informationCommand = (): Command =>
  addParameters(
    new Command('information')
      .description(
        'Measure the mutual information of vectors and labels: tightness and contrast of six losses, entropy, H(Y) - H(Y|Z).',
      )
      .requiredOption('--vectors <file>', '.npy or .safetensors of any model: float32[N,D] or float64[N,D]')
      .requiredOption('--labels <file>', 'one label per line')
      .option(
        '--beside <name=file>',
        'vectors of the same pictures by another network, to measure beside; may be repeated',
        checkNamed,
        [],
      )
      .option('--normalize', 'scale the vectors to length 1 before')
      .option('--json <file>', 'write the figures as JSON'),
  )
    .addOption(metricOption('the distance D of the contrastive loss and of the entropy').default('l2'))
    .addOption(metricOptionsOption())
    .addOption(strictOption())
    .addHelpText(
      'after',
      `
All figures are in nats, where they have a unit, and in float64. 10,000 vectors take minutes: the work grows with the
square of their number.

Examples:
  $ snapshelf embed photos/ --model model.onnx --out v.npy
  $ snapshelf information --vectors v.npy --labels v.labels.txt --json information.json
  $ snapshelf information --vectors v.npy --labels v.labels.txt --normalize --sigma 0.1 --beside imagenet=i.npy
  $ snapshelf information --vectors softmax.npy --labels softmax.labels.txt --metric weak`,
    )
    .action(run);
