import { readFileSync } from 'node:fs';

export interface GoldenTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A safetensors file of float32, read by as little code as can be: what the readers under test are not. */
export function readGolden(path: string): {
  readonly tensors: Map<string, GoldenTensor>;
  readonly metadata: Readonly<Record<string, string>>;
} {
  const bytes = readFileSync(path);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const { __metadata__: metadata = {}, ...entries } = JSON.parse(bytes.subarray(8, start).toString());
  const tensors = new Map<string, GoldenTensor>();
  for (const [name, entry] of Object.entries(entries)) {
    const { shape, data_offsets } = entry as { shape: number[]; data_offsets: [number, number] };
    const content = Uint8Array.from(bytes.subarray(start + data_offsets[0], start + data_offsets[1]));
    tensors.set(name, { dims: shape, data: new Float32Array(content.buffer) });
  }
  return { tensors, metadata };
}
