import type { Sample } from '../../datasets/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { GraphBuilder } from '../../graph/index.ts';
import { isPictureError, preprocessImage, readPictureFile } from '../../image/index.ts';
import { silentLogger } from '../../log.ts';
import { architectureOf, buildNetwork, imageInput } from '../../nn/index.ts';
import { encodeModel } from '../../onnx/index.ts';
import { Session } from '../../runtime/index.ts';
import { pipeline } from '../../threads/index.ts';
import { networkOptionsOf, testPreprocessing } from '../recipe/recipe-options.ts';
import type { RunContext } from '../run-context.ts';
import type { State } from '../step/step-session.ts';
import type { RunOptions, TrainOptions, ValidationResult } from '../train-options.ts';
import { type Embedded, recallAt1 } from './recall.ts';
import { informationSample, setInformation } from './set-information.ts';

/** Pictures per call of the network. */
const batch = 16;

/** Opens the network as it infers, with the weights inside. */
async function openNetwork(weights: State, { config, options }: RunContext): Promise<Session> {
  const { architecture, recipe } = config;
  const { provider, threads } = options;
  const { width, height } = testPreprocessing(recipe).crop;
  const g = new GraphBuilder(architecture);
  const image = imageInput(g, height, width, architectureOf(architecture).input);
  g.output(buildNetwork(g, architecture, image, networkOptionsOf(recipe)).feature, 'embedding');
  return Session.open(encodeModel(g.build(weights)), { provider, threads, spinning: true });
}

type Read = (sample: Sample) => Promise<Uint8Array>;

/** The pictures of a batch that can be read, and their pixels one after the other. */
interface ReadBatch {
  readonly samples: readonly Sample[];
  readonly pixels: Uint8Array<ArrayBuffer>;
  /** Pictures of the batch, with those that were left out. */
  readonly count: number;
}

/**
 * Reads a batch of pictures.
 * @throws SnapshelfError `source-invalid` that names a picture that cannot be read, unless such are left out; any error
 * that is not the picture's fault.
 */
export async function readBatch(
  samples: readonly Sample[],
  { skipBad, log = silentLogger }: Pick<RunOptions, 'skipBad'> & Pick<TrainOptions, 'log'>,
  read: Read,
): Promise<ReadBatch> {
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
    const cause: unknown = result.reason;
    if (!isPictureError(cause)) throw cause;
    const why = `${sample.path}: ${cause.message}`;
    if (!skipBad)
      throw new SnapshelfError('source-invalid', `A picture to validate with cannot be read: ${why}`, {
        cause,
      });
    log.warn(`left out of the validation: ${why}`);
  }
  return { samples: kept, pixels: new Uint8Array(Buffer.concat(pictures)), count: samples.length };
}

async function embedAll(
  session: Session,
  samples: readonly Sample[],
  { config, options }: RunContext,
  onDone: (count: number) => void,
): Promise<Embedded> {
  const { signal, log } = options;
  const preprocessing = testPreprocessing(config.recipe);
  const { width, height } = preprocessing.crop;
  const groups = Array.from({ length: Math.ceil(samples.length / batch) }, (_, at) =>
    samples.slice(at * batch, (at + 1) * batch),
  );
  const read: Read = async ({ path }) => preprocessImage(await readPictureFile(path), preprocessing);
  const kept: Sample[] = [];
  const parts: Float32Array[] = [];
  // The next batch is decoded on other threads while this one runs.
  for await (const { samples: group, pixels, count } of pipeline(groups, 2, (one) =>
    readBatch(one, { skipBad: config.skipBad, log }, read),
  )) {
    signal?.throwIfAborted();
    if (group.length > 0) {
      const image = { type: 'uint8', dims: [group.length, height, width, 3], data: pixels } as const;
      parts.push((await session.run({ image }))['embedding']?.data as Float32Array);
      kept.push(...group);
    }
    onDone(count);
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
 * Embeds the pictures of each validation with the weights of the moment, computes their Recall@1 by exact search, and
 * measures the information of a sample of the queries.
 * @throws SnapshelfError `source-invalid` that names a picture that cannot be read; AbortError when the signal aborts.
 */
export async function evaluate(weights: State, context: RunContext): Promise<ValidationResult[]> {
  const { validations } = context.data;
  const { provider, threads, signal } = context.options;
  await using session = await openNetwork(weights, context);
  const total = validations.reduce(
    (sum, { queries, gallery }) => sum + queries.length + (gallery?.length ?? 0),
    0,
  );
  let done = 0;
  const onDone = (count: number): void => {
    done += count;
    context.options.onEvaluate?.(done, total);
  };
  const results: ValidationResult[] = [];
  for (const validation of validations) {
    const { name, queries, gallery } = validation;
    const asked = await embedAll(session, queries, context, onDone);
    const found = gallery === null ? null : await embedAll(session, gallery, context, onDone);
    const recall = (distance: 'cosine' | 'l2'): Promise<number> =>
      recallAt1(asked, found, { distance, provider, threads, signal });
    const result = { name, cosine: await recall('cosine'), l2: await recall('l2') };
    if (context.options.information === false) results.push(result);
    else {
      const information = await setInformation(
        { name, ...asked },
        informationSample(validation),
        context.options,
      );
      results.push({ ...result, information });
    }
  }
  return results;
}

/**
 * Embeds the sample of each validation and measures its information.
 * @throws SnapshelfError `source-invalid` that names a picture that cannot be read; AbortError when the signal aborts.
 */
export async function measure(
  weights: State,
  context: RunContext,
): Promise<Pick<ValidationResult, 'name' | 'information'>[]> {
  const { data, options } = context;
  await using session = await openNetwork(weights, context);
  const results: Pick<ValidationResult, 'name' | 'information'>[] = [];
  for (const validation of data.validations) {
    const sample = informationSample(validation);
    const embedded = await embedAll(session, sample, context, () => {});
    const information = await setInformation({ name: validation.name, ...embedded }, sample, options);
    results.push({ name: validation.name, information });
  }
  return results;
}
