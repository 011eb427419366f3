import { SnapshelfError } from '../errors.ts';
import { encodeModel, type ModelProto } from '../onnx/index.ts';
import { Session } from '../runtime/index.ts';

/** Pictures as a model takes them: `uint8[count,height,width,3]`. */
export interface PictureBatch {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** How far the exported graph is from the network that it was made from. */
export interface SelfCheck {
  /** How many pictures both were run on. */
  readonly pictures: number;
  /** Largest difference of two numbers of a feature; NaN when a feature has something other than finite numbers. */
  readonly maxAbsDifference: number;
  /** Largest less smallest number of the network's features. */
  readonly range: number;
  /** Lowest cosine similarity, over the pictures, of the two features. */
  readonly minCosine: number;
}

/** Largest difference that is let through, as a share of the feature's range. */
export const tolerance = { float32: 1e-3, float16: 1e-2 } as const;

/** One feature a picture. */
async function featuresOf(model: ModelProto, batches: readonly PictureBatch[]): Promise<Float32Array[]> {
  await using session = await Session.open(encodeModel(model), { provider: 'cpu' });
  const features: Float32Array[] = [];
  for (const { count, height, width, data } of batches) {
    const image = { type: 'uint8', dims: [count, height, width, 3], data } as const;
    const all = (await session.run({ image }))['embedding']?.data as Float32Array;
    const dimension = all.length / count;
    for (let row = 0; row < count; row += 1)
      features.push(all.subarray(row * dimension, (row + 1) * dimension));
  }
  return features;
}

/** The cosine of the angle between two features; NaN when one is zero or not finite. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (const [i, x] of a.entries()) {
    const y = b[i] ?? Number.NaN;
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / Math.sqrt(aa * bb);
}

/** Math.min and Math.max keep a NaN, which therefore reaches the result. */
function compare(expected: readonly Float32Array[], actual: readonly Float32Array[]): SelfCheck {
  let [largest, low, high, minCosine] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1];
  for (const [row, feature] of expected.entries()) {
    const other = actual[row] ?? new Float32Array();
    for (const [i, value] of feature.entries()) {
      largest = Math.max(largest, Math.abs(value - (other[i] ?? Number.NaN)));
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    minCosine = Math.min(minCosine, cosine(feature, other));
  }
  return { pictures: expected.length, maxAbsDifference: largest, range: high - low, minCosine };
}

/**
 * Runs both models on the same pictures and compares their features.
 * @param expectedOf what the exported model is to make of the reference's features. Default: themselves
 * @throws SnapshelfError `export-self-check-failed` when they differ by more than `limit` of the range, or are no
 * finite numbers
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
      ? `the exported graph differs from the network by ${check.maxAbsDifference} over a range of ${check.range}; nothing was written`
      : 'the network gives the same feature for every picture, or no numbers: the weights are damaged; nothing was written',
    { details: { ...check } },
  );
}
