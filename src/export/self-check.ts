import { SnapshelfError } from '../errors.ts';
import { encodeModel, type ModelProto } from '../onnx/index.ts';
import { Session } from '../runtime/index.ts';
import { probeImages } from './probe-images.ts';

/** How far the exported graph is from the network that it was made from. */
export interface SelfCheck {
  /** Largest difference of two numbers of a feature. */
  readonly maxAbsDifference: number;
  /** Largest less smallest number of the features. */
  readonly range: number;
}

/** Largest difference that is let through, as a share of the feature's range. */
export const tolerance = { float32: 1e-3, float16: 1e-2 } as const;

const probes = 4;

async function features(model: ModelProto, height: number, width: number): Promise<Float32Array> {
  await using session = await Session.open(encodeModel(model), { provider: 'cpu' });
  const data = probeImages(probes, height, width);
  const { embedding } = await session.run({
    image: { type: 'uint8', dims: [probes, height, width, 3], data },
  });
  return embedding?.data as Float32Array;
}

function compare(expected: Float32Array, actual: Float32Array): SelfCheck {
  let [largest, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [i, value] of expected.entries()) {
    const difference = Math.abs(value - (actual[i] ?? Number.NaN));
    if (!(difference <= largest)) largest = difference;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { maxAbsDifference: largest, range: high - low };
}

/**
 * Runs both models on the same pictures and compares their features.
 * Throws `export-self-check-failed` when they differ by more than `limit` of the range, or are no numbers.
 */
export async function selfCheck(
  reference: ModelProto,
  exported: ModelProto,
  size: { readonly height: number; readonly width: number },
  limit: number,
): Promise<SelfCheck> {
  const expected = await features(reference, size.height, size.width);
  const check = compare(expected, await features(exported, size.height, size.width));
  if (check.range > 0 && check.maxAbsDifference <= limit * check.range) return check;
  throw new SnapshelfError(
    'export-self-check-failed',
    check.range > 0
      ? `the exported graph differs from the network by ${check.maxAbsDifference} over a range of ${check.range}; nothing was written`
      : 'the network gives the same feature for every picture, or no numbers: the weights are damaged; nothing was written',
    { details: { ...check } },
  );
}
