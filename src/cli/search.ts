import { Command, InvalidArgumentError, Option } from 'commander';
import type { FacetField, Filter, SortField } from '../engine/index.ts';
import {
  type ExpandOptions,
  type RerankOptions,
  Retriever,
  type RetrieverAnswer,
  type RetrieverSearchOptions,
  type Views,
} from '../retrieval/index.ts';
import { checkOutput } from './check-output.ts';
import {
  type CollectionOptions,
  collect,
  collectionOption,
  integer,
  json,
  number,
  providerOption,
  type SessionOptions,
  withPlace,
} from './options.ts';
import { cropOption, expandOption, rerankOption, viewsOption } from './ranking-options.ts';
import { cliLogger } from './run.ts';
import { explainable, writeExplanation } from './search-explain.ts';
import { facetField, printFacets } from './search-facets.ts';
import { printCrops, type QueryOptions, queryOf } from './search-query.ts';

interface Options extends CollectionOptions, SessionOptions, QueryOptions {
  readonly k: number;
  readonly group: 'product' | 'item';
  readonly ef?: number;
  readonly exact?: boolean;
  readonly filter?: Filter;
  readonly minScore?: number;
  readonly maxFalseMatch?: number;
  readonly exclude: readonly string[];
  readonly excludeProduct: readonly string[];
  readonly sort: readonly SortField[];
  readonly expand?: ExpandOptions;
  readonly rerank?: RerankOptions;
  readonly views?: Views;
  readonly facet: readonly FacetField[];
  readonly facetNearest?: number;
  readonly json?: boolean;
  readonly explain?: string;
}

/** Parses a weight. */
function positive(text: string): number {
  const value = number(text);
  if (value > 0 && value <= 1000) return value;
  throw new InvalidArgumentError('Expected a number above 0 and of at most 1000.');
}

/** Parses `metadata.price` or `metadata.price:desc`, and adds it to those given before. */
function sortField(text: string, previous: readonly SortField[]): SortField[] {
  const [, field, order = 'asc'] = /^(.+?)(?::(asc|desc))?$/.exec(text) ?? [];
  if (field === undefined) throw new InvalidArgumentError('Expected FIELD, FIELD:asc or FIELD:desc.');
  return [...previous, { field, order: order as 'asc' | 'desc' }];
}

/** A chance is never told as certain, nor as none. */
const certainty = (confidence: number | undefined): string =>
  confidence === undefined ? '' : `${Math.min(99, Math.max(1, Math.round(100 * confidence)))} %`;

function printTable(answer: RetrieverAnswer): void {
  const { hits, total, hidden, searched, model, timings, noMatch, calibration } = answer;
  if (noMatch !== undefined)
    console.log(
      noMatch.reason === 'nothing-found'
        ? 'no match: nothing passes the conditions of the search'
        : `no match: the nearest is the product with a chance of ${certainty(noMatch.confidence)} only`,
    );
  if (calibration?.isDue === true)
    console.log('much of the collection has changed since its calibration: snapshelf calibrate');
  const judged = hits.some(({ confidence }) => confidence !== undefined);
  // Where each picture is its own product, the column would only repeat the ids.
  const grouped = hits.some(({ item }) => item.productId !== item.id);
  const rows = hits.map(({ item, score, distance, confidence }, position) => [
    String(position + 1),
    score.toFixed(4),
    `${distance.toFixed(4)}${judged ? certainty(confidence).padStart(8) : ''}`,
    ...(grouped ? [item.productId] : []),
    item.id,
  ]);
  const table = [
    ['rank', 'score', judged ? 'distance    sure' : 'distance', ...(grouped ? ['product'] : []), 'item'],
    ...rows,
  ];
  const width = Math.max(...table.map(([, , , product = '']) => product.length));
  for (const [rank = '', score = '', distance = '', ...names] of table) {
    const ends = names.map((name, at) => (at < names.length - 1 ? name.padEnd(width) : name));
    console.log(
      [rank.padStart(4), score.padStart(7), distance.padStart(judged ? 17 : 9), ...ends].join('  '),
    );
  }
  if (hidden > 0)
    console.log(
      `${hidden} more of the same products ${hidden === 1 ? 'is' : 'are'} not shown; --group item shows them`,
    );
  const how = searched.kind === 'exact' ? 'exact' : `hnsw, ef ${searched.ef}`;
  const milliseconds = Object.entries(timings).map(
    ([stage, time]) => `${stage.replace(/Ms$/, '')} ${time.toFixed(1)}`,
  );
  console.log(`${model.name}, ${searched.metric}, ${how}, of ${total} items; ms: ${milliseconds.join(', ')}`);
}

function searchOptions(options: Options): RetrieverSearchOptions {
  const { k, group, ef, exact, filter, exclude, excludeProduct: excludeProducts } = options;
  const { minScore, maxFalseMatch, expand, rerank, views, facet: fields, facetNearest: nearest } = options;
  if (nearest !== undefined && fields.length === 0)
    throw new RangeError('The option --facet-nearest is for counts by --facet FIELD.');
  const facets = fields.length === 0 ? undefined : { fields, nearest };
  const sort = options.sort.length === 0 ? undefined : options.sort;
  const which = { filter, exclude, excludeProducts, minScore, maxFalseMatch };
  return { k, group, ef, exact, ...which, sort, facets, expand, rerank, views };
}

async function run(paths: readonly string[], options: Options): Promise<void> {
  const { data, engine, pictureStore, collection, provider, indexThreads, scanThreads } = options;
  const { item, not, json: asJson, explain } = options;
  const query = await queryOf(paths, options);
  const search = searchOptions(options);
  const explained = explain === undefined ? undefined : { file: explain, query: explainable(query) };
  if (explained !== undefined) await checkOutput(explained.file);
  await using retriever = await Retriever.open(data, {
    engine,
    pictureStore,
    readOnly: true,
    embed: { provider },
    indexThreads,
    scanThreads,
    log: cliLogger(),
  });
  const answer = await retriever.search(collection, query, search);
  if (asJson) console.log(JSON.stringify(answer, undefined, 2));
  else {
    printCrops(answer, paths, not);
    printTable(answer);
    if (answer.facets !== undefined) printFacets(answer.facets, options.group);
  }
  if (explained === undefined) return;
  const name = String(paths[0] ?? item[0]);
  await writeExplanation(retriever, explained.file, { collection, name, query: explained.query, answer });
  if (!asJson) console.log(`wrote ${explained.file}`);
}

const whatOptions = (command: Command): Command =>
  command
    .option('--item <id>', 'more like this item, without its own product; may be repeated', collect, [])
    .option('--not <file>', 'not like this picture; may be repeated', collect, [])
    .option('--not-item <id>', 'not like this item; may be repeated', collect, [])
    .option('--not-weight <x>', 'how much each --not counts, where a picture counts 1', positive, 0.5)
    .option('--own-product', 'with --item: also the other items of its product')
    .option('-k, --k <n>', 'answers', integer(1, 1000), 10)
    .addOption(
      new Option('--group <by>', 'one answer per product, or every item')
        .choices(['product', 'item'])
        .default('product'),
    )
    .option('--filter <json>', 'only items that fit, such as {"field":"label","equals":"shoes"}', json)
    .option('--min-score <x>', 'leave out answers below this score', number)
    .option(
      '--max-false-match <x>',
      'no answer rather than a wrong one: at most this share of searches for what is not there gets one (needs calibrate)',
      number,
    )
    .option('--exclude <id>', 'leave out this item; may be repeated', collect, [])
    .option('--exclude-product <id>', 'leave out this product; may be repeated', collect, [])
    .option(
      '--sort <field>',
      'order answers of equal scores by a field, such as metadata.price or metadata.price:desc; may be repeated',
      sortField,
      [],
    )
    .option(
      '--facet <field>',
      'count how many products (with --group item: items) have each value, of all that pass --filter: FIELD, FIELD:limit=N values, or FIELD:ranges=N of numbers; may be repeated',
      facetField,
      [],
    )
    .option('--facet-nearest <n>', 'with --facet: count only the n nearest', integer(1, 1000));

/** Creates `snapshelf search`: it finds the products that look like a picture. */
export const searchCommand = (): Command =>
  whatOptions(
    withPlace(new Command('search'))
      .description('Find what looks like pictures, or like items. Works beside a running server.')
      .argument('[images...]', 'JPEG, PNG, WebP, AVIF or GIF files, which are searched by together')
      .addOption(collectionOption()),
  )
    .option('--exact', 'compare with every item instead of asking the HNSW index')
    .addOption(expandOption())
    .addOption(rerankOption())
    .addOption(viewsOption())
    .addOption(cropOption())
    .option('--ef <n>', 'effort of the HNSW search: larger finds more and takes longer', integer(1, 10_000))
    .addOption(providerOption())
    .option('--json', 'print the whole answer as JSON')
    .option(
      '--explain <file>',
      'also write an HTML page that shows which parts of the picture and of the first 20 answers speak for the match',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ snapshelf search photo.jpg --data data --collection shop -k 5 --json
  $ snapshelf search --item mugs/red.jpg --data data --collection shop
  $ snapshelf search front.jpg side.jpg --not other.jpg --data data --collection shop
  $ snapshelf search photo.jpg --data data --collection shop --expand n=3,alpha=3 --rerank depth=100
  $ snapshelf search photo.jpg --data data --collection shop --crop auto --explain why.html
  $ snapshelf search photo.jpg --data data --collection shop --facet metadata.brand --facet metadata.price:ranges=4`,
    )
    .action(run);
