import { SnapshelfError } from '../../errors.ts';
import type { Preprocessing } from '../../image/index.ts';
import type { Logger } from '../../log.ts';
import type { GraphProto, ModelProto } from '../../onnx/index.ts';
import { randomNumbers, shuffled } from '../../random.ts';
import { featuresOf, type Labelled, type LabelledFile } from '../features.ts';
import type { OnPicture } from '../pictures.ts';
import { appendProjection } from './append-projection.ts';
import { fitProjection, type Projection, project, shortened } from './fit.ts';
import { pick, recallByLength } from './recall-by-length.ts';

/** Options of a shorter feature. */
export interface ProjectionOptions {
  /** The dimension of the new feature, below the network's. */
  readonly dimension: number;
  /** Files of pictures like those that the model will see, more of them than `dimension`. */
  readonly pictures: readonly LabelledFile[];
  /** True if every component is to have variance 1. Default false: features tuned for search lose by it. */
  readonly whiten?: boolean | undefined;
  readonly onPicture?: OnPicture | undefined;
}

/** A report on a projection. */
export interface ProjectionReport {
  /** The dimension of the network's own feature. */
  readonly from: number;
  readonly dimension: number;
  readonly whitened: boolean;
  /** The number of pictures that it was fitted on. */
  readonly pictures: number;
  /** The number of other pictures, a fifth of all, that measure the recall. */
  readonly queries: number;
  /** The share of the fitted features' squared length (if whitened, of their variance) that is kept. */
  readonly kept: number;
  /**
   * Recall@1 of the queries among the fitted pictures, by cosine, for several dimensions; the longest is the network's
   * own feature. Empty if no query has a picture of its label there.
   */
  readonly recall: readonly { readonly dimension: number; readonly recall: number }[];
}

/** The share of the pictures that are queries; the projection is fitted to the others, which are the gallery. */
const queryShare = 0.2;
const queriesOf = (pictures: number): number => Math.floor(queryShare * pictures);
const fittedOf = (pictures: number): number => pictures - queriesOf(pictures);

/** Returns the dimensions to report: powers of two from 256, the new dimension and the network's. */
function lengthsUpTo(from: number, dimension: number): number[] {
  const powers = Array.from({ length: 8 }, (_, i) => 256 * 2 ** i).filter((power) => power < from);
  return [...new Set([...powers, dimension, from])].sort((a, b) => a - b);
}

/** Splits at random, because the pictures may be in the order of their labels. */
function split(all: Labelled): { queries: Labelled; gallery: Labelled } {
  const order = shuffled([...all.rows.keys()], randomNumbers(1));
  const asking = queriesOf(order.length);
  return { queries: pick(all, order.slice(0, asking)), gallery: pick(all, order.slice(asking)) };
}

async function recallOf(
  gallery: Labelled,
  queries: Labelled,
  whole: Projection,
  dimension: number,
): Promise<ProjectionReport['recall']> {
  const lengths = lengthsUpTo(whole.dimension, dimension);
  const turned = (some: Labelled): Labelled => ({ ...some, rows: project(whole, some.rows) });
  const shares = await recallByLength(turned(gallery), turned(queries), lengths.slice(0, -1));
  // The network's own feature is used without any projection, because whitening would change it.
  const [own = Number.NaN] = await recallByLength(gallery, queries, lengths.slice(-1));
  return lengths.flatMap((length, i) => {
    const recall = shares[i] ?? own;
    return Number.isNaN(recall) ? [] : [{ dimension: length, recall }];
  });
}

/**
 * Checks the options that can be checked before a picture is read.
 *
 * @param from - the dimension of the network's feature
 * @throws RangeError if the dimension is not below `from`, or there are too few pictures
 */
export function checkProjection({ dimension, pictures }: ProjectionOptions, from: number): void {
  if (!Number.isInteger(dimension) || dimension < 1 || dimension >= from)
    throw new RangeError(
      `dimension must be a whole number from 1 to ${from - 1}, below the network's ${from}, not ${dimension}.`,
    );
  if (fittedOf(pictures.length) <= dimension)
    throw new RangeError(
      `pictures must have at least ${Math.ceil((dimension + 1) / (1 - queryShare))} files for a projection to ${dimension} numbers, not ${pictures.length}: more than that many to fit it, and a fifth to measure the recall.`,
    );
}

/**
 * Projects the feature of a model to fewer numbers, by the principal components of its features of some pictures.
 *
 * @param options - checked by `checkProjection`
 * @throws SnapshelfError `source-invalid` if too few can be read, `export-self-check-failed` or `vector-invalid` if a
 * feature is not finite
 * @throws TypeError if the model has no graph
 */
export async function projectModel(
  model: ModelProto,
  preprocessing: Preprocessing,
  options: ProjectionOptions,
  log: Logger,
): Promise<{ graph: GraphProto; projection: Projection; report: ProjectionReport }> {
  if (model.graph === undefined) throw new TypeError('The model has no graph.');
  const { dimension, whiten = false } = options;
  const all = await featuresOf(model, preprocessing, options, log);
  const from = all.rows[0]?.length ?? 0;
  const { queries, gallery } = split(all);
  if (gallery.rows.length <= dimension)
    throw new SnapshelfError(
      'source-invalid',
      `Only ${all.rows.length} of ${options.pictures.length} pictures can be read. A fifth measures the recall, and the others must be more than ${dimension}.`,
    );
  const whole = fitProjection(gallery.rows, whiten);
  const kept = whole.kept[dimension - 1] ?? Number.NaN;
  const recall = await recallOf(gallery, queries, whole, dimension);
  const counts = { pictures: gallery.rows.length, queries: queries.rows.length };
  const report = { from, dimension, whitened: whiten, ...counts, kept, recall };
  const projection = shortened(whole, dimension);
  return { graph: appendProjection(model.graph, projection), projection, report };
}
