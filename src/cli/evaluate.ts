import { Command, InvalidArgumentError, Option } from 'commander';
import { precisions } from '../engines/index.ts';
import { type Convention, protocols } from '../eval/index.ts';
import { evaluateAndReport } from './evaluate-run.ts';
import { metricOption, metricOptionsOption } from './metric-option.ts';
import {
  collect,
  engineOption,
  integer,
  json,
  pictureStoreOption,
  providerOption,
  threadsOption,
  verboseOption,
  withThreads,
} from './options.ts';
import { expandOption, rerankOption, viewsOption } from './ranking-options.ts';
import { strictOption } from './tell-remarks.ts';

const ksOf = (text: string): number[] => text.split(',').map(integer(1, 100_000));

/** Parses a convention; `ours` is what earlier releases called `by-id`. */
function conventionOf(text: string): Convention {
  if (text === 'by-id' || text === 'ours') return 'by-id';
  if (text === 'paper') return 'paper';
  throw new InvalidArgumentError('Expected by-id or paper.');
}

const addPictureOptions = (command: Command): Command =>
  command
    .option('--model <file or name>', 'model to embed with')
    .addOption(
      new Option('--protocol <name>', "default: the data set's own, else by the splits").choices(protocols),
    )
    .option('--query <source>', 'query pictures, with --gallery; may be repeated', collect, [])
    .option('--gallery <source>', 'gallery pictures, with --query; may be repeated', collect, []);

const addVectorOptions = (command: Command): Command =>
  command
    .option('--query-vectors <file>', '.npy or .safetensors of any model: float32[N,D]')
    .option('--query-labels <file>', 'one label per line')
    .option('--query-ids <file>', 'one id per line (default: the number of the row)')
    .option('--gallery-vectors <file>', 'the same of the gallery')
    .option('--gallery-labels <file>', 'one label per line')
    .option('--gallery-ids <file>', 'one id per line')
    .option('--self', 'search each row of --vectors among the others')
    .option('--vectors <file>', 'vectors for --self')
    .option('--labels <file>', 'one label per line')
    .option('--ids <file>', 'one id per line');

const addCollectionOptions = (command: Command): Command =>
  withThreads(command)
    .addOption(
      new Option('--data <dir>', 'folder that holds the gallery of --collection').env('SNAPSHELF_DATA'),
    )
    .addOption(engineOption())
    .addOption(pictureStoreOption())
    .option(
      '--collection <name>',
      'evaluate a live collection: its splits query and gallery, else all items',
    );

const addMeasureOptions = (command: Command): Command =>
  command
    .addOption(
      metricOption(
        'distance; weak and weak-metric compare softmax vectors, both is cosine and l2 (default: both; of a collection under weak or weak-metric its own, with its numbers)',
        ['both'],
      ),
    )
    .addOption(metricOptionsOption())
    .option('--ks <list>', 'K of Recall@K, such as 1,10,20', ksOf)
    .addOption(
      new Option(
        '--convention <name>',
        "rules of the headline: by-id, or paper (the seed paper's: first hit dropped, lone queries as misses)",
      )
        .argParser(conventionOf)
        .default('by-id'),
    )
    .option('--index', 'compare HNSW with exact search (default for a collection)')
    .option('--no-index', 'do not')
    .option('--seed <n>', 'seed of intervals and drawn examples', integer(0, 2 ** 32 - 1), 0);

const addSplitOptions = (command: Command): Command =>
  command
    .option(
      '--split-loss',
      'also measure where recall is lost: float32, int8, shortened vectors, stored precision, index, filter, products',
    )
    .option('--reference <file or name>', 'with --split-loss: the float32 model of the same network')
    .option('--filter <json>', 'with --split-loss: the filter that users search with', json)
    .addOption(
      new Option(
        '--stored-precision <precision>',
        'with --split-loss: the precision of vectors in memory, as of snapshelf serve (default: float32)',
      ).choices(precisions),
    );

const addRankingOptions = (command: Command): Command =>
  command
    .addOption(expandOption('also measure: '))
    .addOption(rerankOption('also measure: '))
    .addOption(viewsOption('also measure: '))
    .addOption(
      new Option(
        '--crop <how>',
        'also measure: search by the part of each query picture that its subject fills',
      ).choices(['auto']),
    );

const addOutputOptions = (command: Command): Command =>
  command
    .option('--json <file>', 'write the report as JSON')
    .option('--out <folder>', 'write report.html and report.json')
    .option(
      '--cache <folder>',
      'keep embeddings here for the next report (default: in the cache folder of the user)',
    )
    .option('--no-cache', 'embed every picture anew')
    .option('--skip-bad', 'leave out pictures that cannot be read instead of failing')
    .addOption(strictOption())
    .addOption(providerOption())
    .addOption(threadsOption())
    .option('--batch <n>', 'images per batch', integer(1, 1024), 8)
    .addOption(verboseOption());

const groups = [
  addPictureOptions,
  addVectorOptions,
  addCollectionOptions,
  addMeasureOptions,
  addSplitOptions,
  addRankingOptions,
  addOutputOptions,
];

const examples = `
Examples:
  $ snapshelf evaluate In-shop/ --model resnet50.onnx --out report
  $ snapshelf evaluate --gallery shop/train --query shop/val --model model.onnx --out report
  $ snapshelf evaluate photos/ --model model.onnx --protocol self --metric cosine --ks 1,5
  $ snapshelf evaluate --query-vectors q.npy --query-labels q.txt --gallery-vectors g.npy --gallery-labels g.txt
  $ snapshelf evaluate --self --vectors v.npy --labels v.txt --json report.json
  $ snapshelf evaluate photos/ --model probabilities.onnx --metric weak-metric --metric-options b=0.8,P=0.5
  $ snapshelf evaluate --data data --collection shop --out report
  $ snapshelf evaluate photos/ --model int8.onnx --split-loss --reference float32.onnx --out report
  $ snapshelf evaluate --data data --collection shop --split-loss --filter '{"field":"metadata.stock","gte":1}'
  $ snapshelf evaluate photos/ --model model.onnx --expand n=3 --rerank depth=100 --views mean --crop auto
  $ snapshelf compare before/report.json after/report.json`;

/** Makes the command `snapshelf evaluate`: from pictures, vectors or a collection to a recall report. */
export function evaluateCommand(): Command {
  const command = new Command('evaluate')
    .description(
      'Measure retrieval by exact search: Recall@K, R-Precision, mAP@R, MRR, NDCG@K, with intervals and a report page.',
    )
    .argument(
      '[source...]',
      'folders, manifests or data sets with splits; without splits each picture is a query',
    );
  return groups
    .reduce((built, add) => add(built), command)
    .addHelpText('after', examples)
    .action(evaluateAndReport);
}
