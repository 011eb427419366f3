import { loadOnnxRuntime } from './binding.ts';

/** A model of one node that reorders `x: float32[1,16,1,2]` (16 channels of 2 numbers) into blocks of channels. */
const reorder: Uint8Array = Buffer.from(
  'CAgSCXNuYXBzaGVsZhoAOmoKKwoBeBIBeRoAIgxSZW9yZGVySW5wdXQ6E2NvbS5taWNyb3NvZnQubmNod2MSAXBaGwoBeBIWChQIARIQCgIIAQoC' +
    'CBAKAggBCgIIAmIbCgF5EhYKFAgBEhAKAggBCgIIEAoCCAEKAggCQgQKABARQhcKE2NvbS5taWNyb3NvZnQubmNod2MQAQ==',
  'base64',
);
const channels = 16;
const places = 2;

/** Returns the order in memory of the numbers 0, 1, ... if `block` channels lie side by side. */
function orderOf(block: number): number[] {
  return Array.from({ length: channels * places }, (_, at) => {
    const lane = at % block;
    const place = Math.floor(at / block) % places;
    const first = Math.floor(at / block / places);
    return (first * block + lane) * places + place;
  });
}

async function probe(): Promise<number | undefined> {
  const ort = await loadOnnxRuntime();
  try {
    const session = await ort.InferenceSession.create(reorder, {
      executionProviders: ['cpu'],
      logSeverityLevel: 4,
    });
    const data = Float32Array.from({ length: channels * places }, (_, at) => at);
    const { y } = await session.run({ x: new ort.Tensor('float32', data, [1, channels, 1, places]) });
    await session.release();
    const order = String(y?.data);
    return [8, 16].find((block) => String(orderOf(block)) === order);
  } catch {
    return undefined; // no such kernels on this processor, or in this version
  }
}

let found: Promise<number | undefined> | undefined;

/**
 * Finds the number of channels that ONNX Runtime's CPU kernels keep side by side on this machine: 16 with AVX512, 8 with
 * AVX2, undefined if they do not. It runs such a kernel, once per process.
 * @throws SnapshelfError `provider-unavailable` when ONNX Runtime does not load.
 */
export function channelBlock(): Promise<number | undefined> {
  found ??= probe();
  return found;
}
