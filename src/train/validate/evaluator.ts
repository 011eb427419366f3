import type { Sample } from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { GraphBuilder } from '../../graph/index.ts';
import { isPictureError, type Preprocessing, preprocessImage, readPictureFile } from '../../image/index.ts';
import { type Logger, silentLogger } from '../../log.ts';
import { architectureOf, buildNetwork, imageInput, type NetworkOptions } from '../../nn/index.ts';
import { encodeModel } from '../../onnx/index.ts';
import { Session, type SessionOptions } from '../../runtime/index.ts';
import type { Validation } from '../data/training-data.ts';
import type { State } from '../step/step-session.ts';
import { recallAt1 } from './recall.ts';

/** What is evaluated and how its pictures are seen. */
export interface EvaluatorOptions extends Pick<SessionOptions, 'provider' | 'threads'> {
  readonly architecture: string;
  readonly network?: NetworkOptions | undefined;
  readonly preprocessing: Preprocessing;
  /** Leave out pictures that cannot be read, with a warning, instead of failing. Default false. */
  readonly skipBad?: boolean | undefined;
  readonly log?: Logger | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Recall@1, 0 to 1, over the queries that have a match in the gallery. */
export interface ValidationResult {
  readonly name: string;
  readonly cosine: number;
  readonly l2: number;
}

const batch = 16;

/** The network as it infers, with the weights inside. */
async function openNetwork(weights: State, options: EvaluatorOptions): Promise<Session> {
  const { architecture, network, preprocessing, provider, threads } = options;
  const { width, height } = preprocessing.crop;
  const g = new GraphBuilder(architecture);
  const image = imageInput(g, height, width, architectureOf(architecture).input);
  g.output(buildNetwork(g, architecture, image, network).feature, 'embedding');
  return Session.open(encodeModel(g.build(weights)), { provider, threads, spinning: true });
}

/** Pictures of a batch that can be read, and their pixels. */
interface ReadBatch {
  readonly samples: readonly Sample[];
  readonly pixels: Uint8Array<ArrayBuffer>;
}

async function readBatch(
  samples: readonly Sample[],
  { preprocessing, skipBad, log = silentLogger }: EvaluatorOptions,
): Promise<ReadBatch> {
  const read = async ({ path }: Sample): Promise<Uint8Array> =>
    preprocessImage(await readPictureFile(path), preprocessing);
  const results = await Promise.allSettled(samples.map(read));
  const kept: Sample[] = [];
  const pictures: Uint8Array[] = [];
  for (const [at, result] of results.entries()) {
    const sample = samples[at] as Sample;
    if (result.status === 'fulfilled') {
      kept.push(sample);
      pictures.push(result.value);
      continue;
    }
    if (!isPictureError(result.reason)) throw result.reason;
    const why = `${sample.path}: ${result.reason.message}`;
    if (!skipBad)
      throw new SnapshelfError('source-invalid', `A picture to validate with cannot be read: ${why}`);
    log.warn(`left out of the validation: ${why}`);
  }
  return { samples: kept, pixels: new Uint8Array(Buffer.concat(pictures)) };
}

/** Samples that could be read, and their embeddings one after the other: `float32[samples.length * D]`. */
interface Embedded {
  readonly samples: readonly Sample[];
  readonly vectors: Float32Array;
}

async function embedAll(
  session: Session,
  samples: readonly Sample[],
  options: EvaluatorOptions,
  onDone: (count: number) => void,
): Promise<Embedded> {
  const { width, height } = options.preprocessing.crop;
  const groups = Array.from({ length: Math.ceil(samples.length / batch) }, (_, at) =>
    samples.slice(at * batch, (at + 1) * batch),
  );
  const kept: Sample[] = [];
  const parts: Float32Array[] = [];
  // The next batch is decoded on other threads while this one runs.
  let next = groups[0] === undefined ? undefined : readBatch(groups[0], options);
  for (const [at, group] of groups.entries()) {
    const read = await next;
    const following = groups[at + 1];
    next = following === undefined ? undefined : readBatch(following, options);
    next?.catch(() => {});
    options.signal?.throwIfAborted();
    onDone(group.length);
    if (read === undefined || read.samples.length === 0) continue;
    const image = {
      type: 'uint8',
      dims: [read.samples.length, height, width, 3],
      data: read.pixels,
    } as const;
    parts.push((await session.run({ image }))['embedding']?.data as Float32Array);
    kept.push(...read.samples);
  }
  return { samples: kept, vectors: concatenate(parts) };
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * Embeds the pictures of each validation with the weights of the moment and finds their Recall@1 by exact search.
 * @throws SnapshelfError `source-invalid` that names a picture that cannot be read; AbortError when `signal` aborts.
 */
export async function evaluate(
  weights: State,
  validations: readonly Validation[],
  options: EvaluatorOptions,
): Promise<ValidationResult[]> {
  await using session = await openNetwork(weights, options);
  const total = validations.reduce(
    (sum, { queries, gallery }) => sum + queries.length + (gallery?.length ?? 0),
    0,
  );
  let done = 0;
  const onDone = (count: number): void => {
    done += count;
    options.onProgress?.(done, total);
  };
  const results: ValidationResult[] = [];
  for (const { name, queries, gallery } of validations) {
    const asked = await embedAll(session, queries, options, onDone);
    const found = gallery === null ? asked : await embedAll(session, gallery, options, onDone);
    const sides = {
      ...{ queries: asked.samples, query: asked.vectors, self: gallery === null },
      ...{ gallery: found.samples, found: found.vectors },
    };
    results.push({ name, cosine: recallAt1(sides, 'cosine'), l2: recallAt1(sides, 'l2') });
  }
  return results;
}
