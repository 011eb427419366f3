import type { Engine } from '../engine/index.ts';
import {
  type CollectionVectors,
  modelStages,
  type SplitSource,
  type StageVectors,
  splitOfCollection,
} from '../eval/index.ts';
import { type Embedded, openEmbedder } from './embed-pictures.ts';
import type { EvaluateOptions } from './evaluate-options.ts';
import type { CollectionSource } from './evaluation-source.ts';
import { type Progress, showProgress } from './progress.ts';

const vectorsOf = ({ queries, gallery, milliseconds }: Embedded): StageVectors => ({
  queries: queries.vectors,
  gallery: gallery?.vectors,
  milliseconds,
});

/** Prepares the lines of where recall is lost, of pictures. */
export async function splitOfPictures(
  evaluated: Embedded,
  { reference, filter, storedPrecision }: EvaluateOptions,
  embed: (model: string) => Promise<Embedded>,
): Promise<SplitSource> {
  const models = await modelStages({
    model: evaluated.model.path,
    reference,
    evaluated: vectorsOf(evaluated),
    embed: async (path) => vectorsOf(await embed(path)),
  });
  const facts = new Map(
    (evaluated.gallery ?? evaluated.queries).samples.map((sample) => [sample.id, sample]),
  );
  const factsOf: SplitSource['factsOf'] = (id) => {
    const { productId, metadata, split } = facts.get(id) ?? {};
    return { productId, metadata, split };
  };
  return { models, factsOf, filter, storedPrecision };
}

/** Prepares the lines of where recall is lost, of a live collection: with its pictures, if it keeps them. */
export async function splitOfLive(
  engine: Engine,
  { data, collection }: CollectionSource,
  input: CollectionVectors,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<SplitSource> {
  const { reference, filter, storedPrecision } = options;
  let progress: Progress | undefined;
  const onPicture = (done: number, total: number): void => {
    progress ??= showProgress('embedding', total);
    progress.update(done);
    if (done < total) return;
    progress.stop();
    progress = undefined;
  };
  return splitOfCollection(engine, collection, input, {
    data,
    reference,
    filter,
    storedPrecision,
    openEmbedder: (path) => openEmbedder(path, options),
    concurrency: 4 * options.batch,
    onPicture,
    signal,
  }).finally(() => progress?.stop());
}
