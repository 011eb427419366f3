import type { Engine } from '../engine/index.ts';
import { SnapshelfError } from '../errors.ts';
import {
  type CollectionVectors,
  embedStored,
  givenVectors,
  type ModelStage,
  modelStages,
  type SplitSource,
  type StageVectors,
} from '../eval/index.ts';
import { storedModel } from '../retrieval/index.ts';
import { type Embedded, openEmbedder, timedPictures, timeEmbedding } from './embed-pictures.ts';
import type { EvaluateOptions } from './evaluate-options.ts';
import type { CollectionSource } from './evaluation-source.ts';
import { showProgress } from './progress.ts';

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
export async function splitOfCollection(
  engine: Engine,
  { data, collection: name }: CollectionSource,
  input: CollectionVectors,
  options: EvaluateOptions,
  signal: AbortSignal,
): Promise<SplitSource> {
  const { queries, gallery, metric, metricOptions, products, filter: only } = input;
  const { reference, filter, storedPrecision } = options;
  const embed = async (path: string): Promise<StageVectors> => {
    await using embedder = await openEmbedder(path, options);
    const progress = showProgress('embedding', queries.ids.length + (gallery?.ids.length ?? 0));
    let done = 0;
    const how = { signal, concurrency: 4 * options.batch, onPicture: () => progress.update(++done) };
    try {
      const first = queries.ids.slice(0, timedPictures).map((id) => engine.image(name, id));
      const pictures = (await Promise.all(first)).map(({ bytes }) => bytes);
      const anew = await embedStored(embedder, engine, name, queries, how);
      const others = gallery && (await embedStored(embedder, engine, name, gallery, how));
      return { queries: anew, gallery: others, milliseconds: await timeEmbedding(embedder, pictures) };
    } finally {
      progress.stop();
    }
  };
  const modelOf = async (): Promise<string> => (await storedModel(data, input.model.id)).path;
  return {
    models: await stagesOf(modelOf, { queries, gallery }, reference, embed),
    choice: { metric, metricOptions },
    live: { engine, name, data, filter: only },
    factsOf: (id) => ({ productId: products.get(id) }),
    filter,
    storedPrecision,
  };
}

/** Makes the lines of the collection's model; where its file is not there, as of vectors from elsewhere, only vectors are known. */
async function stagesOf(
  modelOf: () => Promise<string>,
  evaluated: StageVectors,
  reference: string | undefined,
  embed: (path: string) => Promise<StageVectors>,
): Promise<ModelStage[]> {
  try {
    return await modelStages({ model: await modelOf(), reference, evaluated, embed });
  } catch (error) {
    if (!(error instanceof SnapshelfError) || error.code !== 'model-not-found' || reference !== undefined)
      throw error;
    return givenVectors(evaluated, 'float32', 'The model of the collection is not in the data folder.');
  }
}
