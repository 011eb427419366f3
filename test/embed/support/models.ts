import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cast, flatten, GraphBuilder, globalAveragePool, pow, transpose } from '../../../src/graph/index.ts';
import type { Pixels } from '../../../src/image/index.ts';
import { type ModelMetadata, metadataKey, serializeMetadata } from '../../../src/model/index.ts';
import { encodeModel, setProperty } from '../../../src/onnx/index.ts';

/**
 * A Snapshelf model of `side` x `side` pictures whose embedding is their mean red, green and blue. On the way it
 * raises every number to the power of one `work` times: about a millisecond each at 224 px, and nothing changes.
 */
export function meanColour(side: number, work: number): Uint8Array<ArrayBuffer> {
  const g = new GraphBuilder('mean-colour');
  const image = g.input('image', 'uint8', ['N', side, side, 3]);
  const one = g.constant('one', 'float32', [], Float32Array.of(1));
  let x = transpose(g, cast(g, image, 'float32'), [0, 3, 1, 2]);
  for (let i = 0; i < work; i += 1) x = pow(g, x, one);
  g.output(flatten(g, globalAveragePool(g, x)), 'embedding');
  const model = g.build(new Map());
  const metadata: ModelMetadata = {
    formatVersion: 1,
    name: `mean-colour-${side}-${work}`,
    architecture: 'mean-colour',
    dimension: 3,
    preprocessing: {
      resize: { mode: 'squash', width: side, height: side, filter: 'bilinear' },
      crop: { width: side, height: side },
    },
  };
  setProperty(model, metadataKey, serializeMetadata(metadata));
  return encodeModel(model);
}

/** A folder with the test models, for one test file. */
export interface ModelFolder {
  /** Answers in well under a millisecond. */
  readonly fast: string;
  /** Takes some 150 ms for one picture. */
  readonly slow: string;
  readonly folder: string;
  remove(): Promise<void>;
}

export async function writeModels(): Promise<ModelFolder> {
  const folder = await mkdtemp(join(tmpdir(), 'embed-'));
  const [fast, slow] = [join(folder, 'fast.onnx'), join(folder, 'slow.onnx')];
  await Promise.all([writeFile(fast, meanColour(8, 0)), writeFile(slow, meanColour(224, 250))]);
  return { fast, slow, folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** A small picture in one colour. */
export function plain(red: number, green: number, blue: number): Pixels {
  const data = new Uint8Array(8 * 8 * 3);
  for (let i = 0; i < data.length; i += 3) data.set([red, green, blue], i);
  return { data, width: 8, height: 8 };
}
