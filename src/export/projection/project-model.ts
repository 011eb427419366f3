import { SnapshelfError } from '../../errors.ts';
import type { Preprocessing } from '../../image/index.ts';
import type { Logger } from '../../log.ts';
import { encodeModel, type GraphProto, type ModelProto } from '../../onnx/index.ts';
import { randomNumbers, shuffled } from '../../random.ts';
import { Session } from '../../runtime/index.ts';
import { type OnPicture, readPictures } from '../pictures.ts';
import { appendProjection } from './append.ts';
import { fitProjection, type Projection, project, shortened } from './fit.ts';
import { type Labelled, recallByLength } from './recall.ts';

/** How features are made shorter. */
export interface ProjectionOptions {
  /** Numbers of the new feature, fewer than the network's. */
  readonly dimension: number;
  /** Files of pictures like those that the model will see, more of them than `dimension`. */
  readonly pictures: readonly LabelledFile[];
  /** True if every component is to have variance 1. Default false: features tuned for search lose by it. */
  readonly whiten?: boolean | undefined;
  readonly onPicture?: OnPicture | undefined;
}

/** A picture file and what it shows. */
export interface LabelledFile {
  readonly path: string;
  readonly label: string;
}

/** What a projection keeps. */
export interface ProjectionReport {
  /** Numbers of the network's own feature. */
  readonly from: number;
  readonly dimension: number;
  readonly whitened: boolean;
  /** Pictures that it was fitted on. */
  readonly pictures: number;
  /** Others, a fifth of all, that tell the recall. */
  readonly queries: number;
  /** The share of the fitted features' squared length (when whitened, of their variance) that is kept. */
  readonly kept: number;
  /** Recall@1 of the queries among the fitted pictures, by cosine; the longest is the network's own feature. Empty when none has its label there. */
  readonly recall: readonly { readonly dimension: number; readonly recall: number }[];
}

/** A fifth of the pictures asks; the others answer and tell the projection. */
const queryShare = 0.2;
const queriesOf = (pictures: number): number => Math.floor(queryShare * pictures);
const fittedOf = (pictures: number): number => pictures - queriesOf(pictures);

async function featuresOf(
  model: ModelProto,
  preprocessing: Preprocessing,
  { pictures, onPicture }: ProjectionOptions,
  log: Logger,
): Promise<Labelled> {
  const labelOf = new Map(pictures.map(({ path, label }) => [path, label]));
  const [rows, labels]: [Float32Array[], string[]] = [[], []];
  await using session = await Session.open(encodeModel(model), { provider: 'cpu' });
  const files = readPictures([...labelOf.keys()], preprocessing, log, onPicture);
  for await (const { path, height, width, data } of files) {
    const outputs = await session.run({ image: { type: 'uint8', dims: [1, height, width, 3], data } });
    rows.push(outputs['embedding']?.data as Float32Array);
    labels.push(labelOf.get(path) ?? '');
  }
  return { rows, labels };
}

/** The lengths that are reported: powers of two from 256 on, what was asked for, and all. */
function lengthsUpTo(from: number, dimension: number): number[] {
  const powers = Array.from({ length: 8 }, (_, i) => 256 * 2 ** i).filter((power) => power < from);
  return [...new Set([...powers, dimension, from])].sort((a, b) => a - b);
}

/** Drawn, because the pictures may come in an order of their labels. */
function split({ rows, labels }: Labelled): { queries: Labelled; gallery: Labelled } {
  const order = shuffled([...rows.keys()], randomNumbers(1));
  const pick = (places: readonly number[]): Labelled => ({
    rows: places.map((place) => rows[place] as Float32Array),
    labels: places.map((place) => labels[place] as string),
  });
  const asking = queriesOf(rows.length);
  return { queries: pick(order.slice(0, asking)), gallery: pick(order.slice(asking)) };
}

function recallOf(
  gallery: Labelled,
  queries: Labelled,
  whole: Projection,
  dimension: number,
): ProjectionReport['recall'] {
  const lengths = lengthsUpTo(whole.dimension, dimension);
  const turned = (some: Labelled): Labelled => ({ ...some, rows: project(whole, some.rows) });
  const shares = recallByLength(turned(gallery), turned(queries), lengths.slice(0, -1));
  // The network's own feature is the one without any projection: whitening would change it.
  const [own = Number.NaN] = recallByLength(gallery, queries, lengths.slice(-1));
  return lengths.flatMap((length, i) => {
    const recall = shares[i] ?? own;
    return Number.isNaN(recall) ? [] : [{ dimension: length, recall }];
  });
}

/**
 * Checks what can be checked before a picture is read.
 * @throws RangeError when the dimension is not below `from`, the network's, or the pictures are too few
 */
export function checkProjection({ dimension, pictures }: ProjectionOptions, from: number): void {
  if (!Number.isInteger(dimension) || dimension < 1 || dimension >= from)
    throw new RangeError(
      `the dimension must be a whole number from 1 to ${from - 1}, one below the network's, not ${dimension}`,
    );
  if (fittedOf(pictures.length) <= dimension)
    throw new RangeError(
      `a projection to ${dimension} numbers needs more pictures than that to fit it, besides the fifth that tells the recall: ${Math.ceil((dimension + 1) / (1 - queryShare))}, not ${pictures.length}`,
    );
}

/**
 * The model's graph with its feature projected to fewer numbers, by principal components of its features of some pictures.
 * @param options checked by `checkProjection`
 * @throws SnapshelfError `source-invalid` when too few can be read, `export-self-check-failed` when a feature is not finite
 */
export async function projectModel(
  model: ModelProto,
  preprocessing: Preprocessing,
  options: ProjectionOptions,
  log: Logger,
): Promise<{ graph: GraphProto; projection: Projection; report: ProjectionReport }> {
  if (model.graph === undefined) throw new TypeError('the model has no graph');
  const { dimension, whiten = false } = options;
  const all = await featuresOf(model, preprocessing, options, log);
  const from = all.rows[0]?.length ?? 0;
  const { queries, gallery } = split(all);
  if (gallery.rows.length <= dimension)
    throw new SnapshelfError(
      'source-invalid',
      `only ${all.rows.length} of ${options.pictures.length} pictures can be read: a fifth tells the recall, and the others must be more than ${dimension}`,
    );
  const whole = fitProjection(gallery.rows, whiten);
  const kept = whole.kept[dimension - 1] ?? Number.NaN;
  const recall = recallOf(gallery, queries, whole, dimension);
  const counts = { pictures: gallery.rows.length, queries: queries.rows.length };
  const report = { from, dimension, whitened: whiten, ...counts, kept, recall };
  const projection = shortened(whole, dimension);
  return { graph: appendProjection(model.graph, projection), projection, report };
}
