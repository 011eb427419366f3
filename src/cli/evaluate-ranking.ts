import { CellEmbedder } from '../embed/index.ts';
import type { Engine } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import {
  type CollectionVectors,
  type CroppedQueries,
  embedSubjects,
  type LabelledVectors,
  type RankingSource,
} from '../eval/index.ts';
import { readPictureFile } from '../image/index.ts';
import { storedModel } from '../model/index.ts';
import { type Embedded, openEmbedder } from './embed-pictures.ts';
import type { EvaluateOptions } from './evaluate-options.ts';
import { showProgress } from './progress.ts';
import { cliLogger } from './run.ts';

/** True if an option that changes the order of answers is to be measured. */
export const isRanked = ({ expand, rerank, views, crop }: EvaluateOptions): boolean =>
  [expand, rerank, views, crop].some((option) => option !== undefined);

type ProductOf = RankingSource['productOf'];

const sourceOf = (
  { expand, rerank, views }: EvaluateOptions,
  productOf: ProductOf,
  crop: CroppedQueries | undefined,
): RankingSource => ({ expand, rerank, views: views !== undefined, productOf, crop });

/** Embeds the subjects of the queries' pictures, if that is asked for. */
async function croppedQueries(
  modelOf: () => Promise<string>,
  queries: LabelledVectors,
  read: (row: number) => Promise<Uint8Array>,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<CroppedQueries | undefined> {
  if (options.crop === undefined) return undefined;
  const { provider, threads, verbose } = options;
  try {
    const model = await modelOf();
    await using embedder = await openEmbedder(model, options);
    await using cells = await CellEmbedder.open(model, { provider, threads, log: cliLogger(verbose) });
    const progress = showProgress('cropping', queries.ids.length);
    let done = 0;
    const onPicture = (): void => progress.update(++done);
    try {
      return await embedSubjects(embedder, cells, queries, read, { signal, onPicture });
    } finally {
      progress.stop();
    }
  } catch (error) {
    const isMissing =
      error instanceof SnapshelfError && /^(no-feature-map|model-not-found)$/.test(error.code);
    if (isMissing) return { missing: error.message };
    throw error;
  }
}

/** Prepares the lines of options of ranking, of pictures. */
export async function rankingOfPictures(
  { queries, gallery, model }: Embedded,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<RankingSource> {
  const { samples } = gallery ?? queries;
  const products = new Map(samples.map(({ id, productId }) => [id, productId]));
  const read = (row: number): Promise<Uint8Array> => readPictureFile(queries.samples[row]?.path ?? '');
  const crop = await croppedQueries(async () => model.path, queries.vectors, read, options, signal);
  return sourceOf(options, (id) => products.get(id), crop);
}

/** Prepares the lines of options of ranking, of vectors: there are no pictures to crop. */
export const rankingOfVectors = (options: EvaluateOptions): RankingSource =>
  sourceOf(
    options,
    undefined,
    options.crop && {
      missing: 'Only vectors were given: there are no pictures whose subjects could be found.',
    },
  );

/** Prepares the lines of options of ranking, of a live collection. */
export async function rankingOfCollection(
  engine: Engine,
  { data, collection }: { readonly data: string; readonly collection: string },
  { queries, products, model }: CollectionVectors,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<RankingSource> {
  const productOf = (id: string): string | undefined => products.get(id);
  const read = async (row: number): Promise<Uint8Array> =>
    (await engine.image(collection, queries.ids[row] ?? '')).bytes;
  const modelOf = async (): Promise<string> => (await storedModel(data, model.id)).path;
  return sourceOf(options, productOf, await croppedQueries(modelOf, queries, read, options, signal));
}
