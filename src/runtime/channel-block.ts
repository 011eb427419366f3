import { loadOnnxRuntime } from './binding.ts';

/** A model of one node that lays out 16 channels of 2 numbers, `x: float32[1,16,1,2]`, in blocks of channels. */
const reorder: Uint8Array = Buffer.from(
  'CAgSCXNuYXBzaGVsZhoAOmoKKwoBeBIBeRoAIgxSZW9yZGVySW5wdXQ6E2NvbS5taWNyb3NvZnQubmNod2MSAXBaGwoBeBIWChQIARIQCgIIAQoC' +
    'CBAKAggBCgIIAmIbCgF5EhYKFAgBEhAKAggBCgIIEAoCCAEKAggCQgQKABARQhcKE2NvbS5taWNyb3NvZnQubmNod2MQAQ==',
  'base64',
);
const [channels, places] = [16, 2];

/** Where in memory each of the numbers 0, 1, ... of the channels lies, with blocks of this many channels. */
function orderOf(block: number): number[] {
  return Array.from({ length: channels * places }, (_, at) => {
    const [lane, place, first] = [
      at % block,
      Math.floor(at / block) % places,
      Math.floor(at / block / places),
    ];
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
 * How many channels ONNX Runtime's CPU kernels keep side by side on this machine (16 with AVX512, 8 with AVX2), found by
 * running one; `undefined` where they do not. Tried once a process.
 * @throws SnapshelfError `provider-unavailable` when ONNX Runtime does not load.
 */
export function channelBlock(): Promise<number | undefined> {
  found ??= probe();
  return found;
}
