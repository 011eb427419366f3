import { readFile } from 'node:fs/promises';
import type { Sample } from '../datasets/index.ts';
import { GraphBuilder } from '../graph/index.ts';
import { type Preprocessing, preprocessImage } from '../image/index.ts';
import { architectureOf, buildNetwork, imageInput, type NetworkOptions } from '../nn/index.ts';
import { encodeModel } from '../onnx/index.ts';
import { Session, type SessionOptions } from '../runtime/index.ts';
import type { Validation } from './data.ts';
import { recallAt1 } from './recall.ts';
import type { State } from './stepper.ts';

/** What is evaluated and how its pictures are seen. */
export interface EvaluatorOptions extends Pick<SessionOptions, 'provider' | 'threads'> {
  readonly architecture: string;
  readonly network?: NetworkOptions | undefined;
  readonly preprocessing: Preprocessing;
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

async function readBatch(samples: readonly Sample[], preprocessing: Preprocessing): Promise<Uint8Array> {
  const pictures = await Promise.all(
    samples.map(async ({ path }) => preprocessImage(await readFile(path), preprocessing)),
  );
  return Buffer.concat(pictures);
}

/** The embeddings of pictures, one after the other: `float32[samples.length * D]`. */
async function embedAll(
  session: Session,
  samples: readonly Sample[],
  options: EvaluatorOptions,
  onDone: (count: number) => void,
): Promise<Float32Array> {
  const { preprocessing, signal } = options;
  const { width, height } = preprocessing.crop;
  const groups = Array.from({ length: Math.ceil(samples.length / batch) }, (_, at) =>
    samples.slice(at * batch, (at + 1) * batch),
  );
  const parts: Float32Array[] = [];
  // The next batch is decoded on other threads while this one runs.
  let next = groups[0] === undefined ? undefined : readBatch(groups[0], preprocessing);
  for (const [at, group] of groups.entries()) {
    const pixels = await next;
    const following = groups[at + 1];
    next = following === undefined ? undefined : readBatch(following, preprocessing);
    next?.catch(() => {});
    signal?.throwIfAborted();
    const image = {
      type: 'uint8',
      dims: [group.length, height, width, 3],
      data: new Uint8Array(pixels ?? []),
    } as const;
    parts.push((await session.run({ image }))['embedding']?.data as Float32Array);
    onDone(group.length);
  }
  return concatenate(parts);
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
 * @throws SnapshelfError `image-*` for a picture that cannot be read; AbortError when `signal` aborts.
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
    const query = await embedAll(session, queries, options, onDone);
    const found = gallery === null ? query : await embedAll(session, gallery, options, onDone);
    const sides = { queries, query, gallery: gallery ?? queries, found, self: gallery === null };
    results.push({ name, cosine: recallAt1(sides, 'cosine'), l2: recallAt1(sides, 'l2') });
  }
  return results;
}
