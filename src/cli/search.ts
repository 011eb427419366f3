import { Command, InvalidArgumentError, Option } from 'commander';
import { SnapshelfError } from '../errors.ts';
import type { Filter, SortField } from '../gallery/index.ts';
import { readPictureFile } from '../image/index.ts';
import { type Query, Retriever, type RetrieverAnswer } from '../retrieval/index.ts';
import {
  type CollectionOptions,
  collect,
  collectionOption,
  dataOption,
  integer,
  json,
  number,
  providerOption,
  type SessionOptions,
} from './options.ts';
import { cliLogger } from './run.ts';

interface Options extends CollectionOptions, SessionOptions {
  readonly item?: string;
  readonly ownProduct?: boolean;
  readonly k: number;
  readonly group: 'product' | 'item';
  readonly ef?: number;
  readonly exact?: boolean;
  readonly filter?: Filter;
  readonly minScore?: number;
  readonly exclude: readonly string[];
  readonly excludeProduct: readonly string[];
  readonly sort: readonly SortField[];
  readonly json?: boolean;
}

/** Reads the picture at `path`. @throws SnapshelfError `source-invalid`, which names the file. */
async function readPicture(path: string): Promise<Uint8Array> {
  try {
    return await readPictureFile(path);
  } catch (cause) {
    if (cause instanceof SnapshelfError) throw cause;
    throw new SnapshelfError('source-invalid', `${path} cannot be read: ${(cause as Error).message}.`, {
      cause,
    });
  }
}

/** Returns the query: a picture or an item of the collection. @throws RangeError if there is not exactly one. */
async function queryOf(path: string | undefined, { item: itemId, ownProduct }: Options): Promise<Query> {
  if ((path === undefined) === (itemId === undefined))
    throw new RangeError('Name a picture, or an item of the collection with --item ID, not both.');
  if (itemId !== undefined) return { itemId, ownProduct };
  return { image: await readPicture(path ?? '') };
}

/** Parses `metadata.price` or `metadata.price:desc`, and adds it to those given before. */
function sortField(text: string, previous: readonly SortField[]): SortField[] {
  const [, field, order = 'asc'] = /^(.+?)(?::(asc|desc))?$/.exec(text) ?? [];
  if (field === undefined) throw new InvalidArgumentError('Expected FIELD, FIELD:asc or FIELD:desc.');
  return [...previous, { field, order: order as 'asc' | 'desc' }];
}

function printTable({ hits, total, hidden, searched, model, timings }: RetrieverAnswer): void {
  // Where each picture is its own product, the column would only repeat the ids.
  const grouped = hits.some(({ item }) => item.productId !== item.id);
  const rows = hits.map(({ item, score, distance }, position) => [
    String(position + 1),
    score.toFixed(4),
    distance.toFixed(4),
    ...(grouped ? [item.productId] : []),
    item.id,
  ]);
  const table = [['rank', 'score', 'distance', ...(grouped ? ['product'] : []), 'item'], ...rows];
  const width = Math.max(...table.map(([, , , product = '']) => product.length));
  for (const [rank = '', score = '', distance = '', ...names] of table) {
    const ends = names.map((name, at) => (at < names.length - 1 ? name.padEnd(width) : name));
    console.log([rank.padStart(4), score.padStart(7), distance.padStart(9), ...ends].join('  '));
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

async function run(path: string | undefined, options: Options): Promise<void> {
  const query = await queryOf(path, options);
  const { data, collection, provider, json: asJson, excludeProduct: excludeProducts, ...rest } = options;
  const { item: _item, ownProduct: _ownProduct, sort: given, ...search } = rest;
  const sort = given.length === 0 ? undefined : given;
  await using retriever = await Retriever.open(data, {
    readOnly: true,
    embed: { provider },
    log: cliLogger(),
  });
  const answer = await retriever.search(collection, query, { ...search, excludeProducts, sort });
  if (asJson) console.log(JSON.stringify(answer, undefined, 2));
  else printTable(answer);
}

const whatOptions = (command: Command): Command =>
  command
    .option('--item <id>', 'instead of a picture: more like this item, without its own product')
    .option('--own-product', 'with --item: also the other items of its product')
    .option('-k, --k <n>', 'answers', integer(1, 1000), 10)
    .addOption(
      new Option('--group <by>', 'one answer per product, or every item')
        .choices(['product', 'item'])
        .default('product'),
    )
    .option('--filter <json>', 'only items that fit, such as {"field":"label","equals":"shoes"}', json)
    .option('--min-score <x>', 'leave out answers below this score', number)
    .option('--exclude <id>', 'leave out this item; may be repeated', collect, [])
    .option('--exclude-product <id>', 'leave out this product; may be repeated', collect, [])
    .option(
      '--sort <field>',
      'order answers of equal scores by a field, such as metadata.price or metadata.price:desc; may be repeated',
      sortField,
      [],
    );

/** Creates `snapshelf search`: it finds the products that look like a picture. */
export const searchCommand = (): Command =>
  whatOptions(
    new Command('search')
      .description('Find what looks like a picture, or like an item. Works beside a running server.')
      .argument('[image]', 'JPEG, PNG, WebP, AVIF or GIF file')
      .addOption(dataOption())
      .addOption(collectionOption()),
  )
    .option('--exact', 'compare with every item instead of asking the HNSW index')
    .option('--ef <n>', 'effort of the HNSW search: larger finds more and takes longer', integer(1, 10_000))
    .addOption(providerOption())
    .option('--json', 'print the whole answer as JSON')
    .addHelpText(
      'after',
      `
Examples:
  $ snapshelf search photo.jpg --data data --collection shop -k 5 --json
  $ snapshelf search --item mugs/red.jpg --data data --collection shop`,
    )
    .action(run);
