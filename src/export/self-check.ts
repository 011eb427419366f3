import { SnapshelfError } from '../errors.ts';
import { encodeModel, type ModelProto } from '../onnx/index.ts';
import { Session } from '../runtime/index.ts';
import { cosineSimilarity, rowOf } from '../vectors/index.ts';

/** Pictures as a model takes them: `uint8[count,height,width,3]`. */
export interface PictureBatch {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** The difference between the exported graph and the network that it was made from. */
export interface SelfCheck {
  /** The number of pictures that both were run on. */
  readonly pictures: number;
  /** The largest difference of two numbers of a feature; NaN if a number is not finite. */
  readonly maxAbsDifference: number;
  /** The largest minus the smallest number of the network's features. */
  readonly range: number;
  /** The lowest cosine similarity of the two features over the pictures. */
  readonly minCosine: number;
}

/** The largest difference that passes, as a share of the feature's range. */
export const tolerance = { float32: 1e-3, float16: 1e-2 } as const;

/** Returns one feature per picture. */
async function featuresOf(model: ModelProto, batches: readonly PictureBatch[]): Promise<Float32Array[]> {
  await using session = await Session.open(encodeModel(model), { provider: 'cpu' });
  const features: Float32Array[] = [];
  for (const { count, height, width, data } of batches) {
    const image = { type: 'uint8', dims: [count, height, width, 3], data } as const;
    const vectors = (await session.run({ image }))['embedding']?.data as Float32Array;
    const dimension = vectors.length / count;
    for (let row = 0; row < count; row += 1) features.push(rowOf({ vectors, dimension }, row));
  }
  return features;
}

/** Compares features. Math.min and Math.max keep a NaN, so it reaches the result. */
function compare(expected: readonly Float32Array[], actual: readonly Float32Array[]): SelfCheck {
  let largest = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let minCosine = 1;
  for (const [row, feature] of expected.entries()) {
    const other = actual[row] ?? new Float32Array();
    for (const [i, value] of feature.entries()) {
      largest = Math.max(largest, Math.abs(value - (other[i] ?? Number.NaN)));
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    minCosine = Math.min(minCosine, cosineSimilarity(feature, other));
  }
  return { pictures: expected.length, maxAbsDifference: largest, range: high - low, minCosine };
}

/**
 * Runs both models on the same pictures and compares their features.
 *
 * @param expectedOf - computes the exported model's features from the reference's; by default they are the same
 * @throws SnapshelfError `export-self-check-failed` if they differ by more than `limit` of the range or are not finite
 */
export async function selfCheck(
  reference: ModelProto,
  exported: ModelProto,
  batches: readonly PictureBatch[],
  limit: number,
  expectedOf: (features: readonly Float32Array[]) => readonly Float32Array[] = (features) => features,
): Promise<SelfCheck> {
  const expected = expectedOf(await featuresOf(reference, batches));
  const check = compare(expected, await featuresOf(exported, batches));
  if (check.range > 0 && check.maxAbsDifference <= limit * check.range) return check;
  throw new SnapshelfError(
    'export-self-check-failed',
    check.range > 0
      ? `The exported graph differs from the network by ${check.maxAbsDifference} over a range of ${check.range}. Nothing was written.`
      : 'The network gives the same feature for every picture, or numbers that are not finite: the weights are damaged. Nothing was written.',
    { details: { ...check } },
  );
}
