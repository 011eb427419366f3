import type { NetworkOptions } from '../../src/nn/index.ts';
import type { StateDict } from '../../src/weights/index.ts';
import { readGolden } from './golden.ts';
import { fixture } from './repository.ts';

interface GoldenNetwork {
  readonly architecture: string;
  readonly network: NetworkOptions;
  readonly weights: StateDict;
  readonly size: number;
  readonly resize: number;
}

/** What `exportModel` needs of a golden network: one of few channels, at 64 pixels. */
export function goldenNetwork(name: string): GoldenNetwork {
  const { tensors, metadata } = readGolden(fixture('nn', `${name}.safetensors`));
  const weights: StateDict = new Map(
    [...tensors]
      .filter(([key]) => key.startsWith('state.'))
      .map(([key, { dims, data }]) => [
        key.slice(6),
        { dataType: 'float32' as const, dims, data: data as Float32Array<ArrayBuffer> },
      ]),
  );
  return {
    architecture: metadata['architecture'] ?? '',
    network: JSON.parse(metadata['options'] ?? '{}'),
    weights,
    size: 64,
    resize: 64,
  };
}
