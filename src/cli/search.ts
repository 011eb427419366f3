import { Command, Option } from 'commander';
import { SnapshelfError } from '../errors.ts';
import type { Filter } from '../gallery/index.ts';
import { readPictureFile } from '../image/index.ts';
import { Retriever, type RetrieverAnswer } from '../retrieval/index.ts';
import {
  type CollectionOptions,
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
  readonly k: number;
  readonly group: 'product' | 'item';
  readonly ef?: number;
  readonly exact?: boolean;
  readonly filter?: Filter;
  readonly minScore?: number;
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

function printTable(answer: RetrieverAnswer): void {
  const { searched, model, timings } = answer;
  const rows = answer.hits.map(({ item, score, distance }, position) => [
    String(position + 1),
    score.toFixed(4),
    distance.toFixed(4),
    item.productId,
    item.id,
  ]);
  const header = ['rank', 'score', 'distance', 'product', 'item'];
  const width = Math.max(7, ...rows.map(([, , , product = '']) => product.length));
  for (const [rank = '', score = '', distance = '', product = '', item] of [header, ...rows])
    console.log(
      `${rank.padStart(4)}  ${score.padStart(7)}  ${distance.padStart(9)}  ${product.padEnd(width)}  ${item}`,
    );
  const how = searched.kind === 'exact' ? 'exact' : `hnsw, ef ${searched.ef}`;
  const milliseconds = Object.entries(timings).map(
    ([stage, time]) => `${stage.replace(/Ms$/, '')} ${time.toFixed(1)}`,
  );
  console.log(`${model.name}, ${searched.metric}, ${how}; ms: ${milliseconds.join(', ')}`);
}

async function run(path: string, options: Options): Promise<void> {
  const image = await readPicture(path);
  const { data, collection, provider, json: asJson, ...search } = options;
  await using retriever = await Retriever.open(data, {
    readOnly: true,
    embed: { provider },
    log: cliLogger(),
  });
  const answer = await retriever.search(collection, { image }, search);
  if (asJson) console.log(JSON.stringify(answer, undefined, 2));
  else printTable(answer);
}

/** Creates `snapshelf search`: it finds the products that look like a picture. */
export const searchCommand = (): Command =>
  new Command('search')
    .description('Find what looks like a picture. Works beside a running server.')
    .argument('<image>', 'JPEG, PNG, WebP, AVIF or GIF file')
    .addOption(dataOption())
    .addOption(collectionOption())
    .option('-k, --k <n>', 'answers', integer(1, 1000), 10)
    .addOption(
      new Option('--group <by>', 'one answer per product, or every item')
        .choices(['product', 'item'])
        .default('product'),
    )
    .option('--exact', 'compare with every item instead of asking the HNSW index')
    .option('--ef <n>', 'effort of the HNSW search: larger finds more and takes longer', integer(1, 10_000))
    .option('--filter <json>', 'only items that fit, such as {"field":"label","equals":"shoes"}', json)
    .option('--min-score <x>', 'leave out answers below this score', number)
    .addOption(providerOption())
    .option('--json', 'print the whole answer as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  $ snapshelf search photo.jpg --data data --collection shop -k 5 --json',
    )
    .action(run);
