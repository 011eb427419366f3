import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCheckpoint, writeCheckpoint } from '../../../src/train/run/checkpoint.ts';
import {
  decodeSafetensors,
  decodeWeights,
  readSafetensors,
  writeSafetensors,
} from '../../../src/weights/index.ts';
import { mutated, mutatedJson } from '../mutate.ts';
import { fixture } from '../repository.ts';
import { isVersion1, type Subject, subject } from './subject.ts';

/** Decodes all tensors of a file, which are otherwise read when they are asked for. */
export const decodeAll = (bytes: Uint8Array): unknown =>
  decodeWeights(bytes).sets.map(({ tensors }) => [...tensors.values()].map(({ data }) => data));

const pytorch = (...names: readonly string[]): Buffer[] =>
  names.map((name) => readFileSync(fixture('weights', name)));

async function safetensorsSubjects(root: string): Promise<Subject[]> {
  const path = join(root, 'weights.safetensors');
  const tensors = new Map([
    ['a.weight', { dims: [2, 3], dataType: 'float32', data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const],
    ['b', { dims: [4], dataType: 'uint8', data: Uint8Array.of(1, 2, 3, 4) } as const],
  ]);
  await writeSafetensors(path, tensors, { note: 'x' });
  const file = readFileSync(path);
  const header = JSON.parse(file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE(0))));
  return [
    subject({
      name: 'safetensors',
      inputs: mutated([file], 8),
      passes: (bytes) => bytes[8] === 0x7b,
      read: decodeSafetensors,
    }),
    subject({
      name: 'headers of safetensors',
      inputs: mutatedJson(header),
      passes: (value) => typeof value === 'object' && value !== null,
      read: (value) => {
        const json = Buffer.from(JSON.stringify(value));
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(json.length));
        return decodeSafetensors(Buffer.concat([length, json, Buffer.alloc(28)]));
      },
    }),
  ];
}

async function checkpointSubjects(root: string): Promise<Subject[]> {
  const path = join(root, 'last.safetensors');
  const shapes = new Map([['w', [2]]]);
  const position = {
    ...{ step: 3, epoch: 1, batch: 0, validatedEpoch: 1, best: { recall: 0.5, epoch: 1 } },
    unlogged: { steps: 0, sum: 0 },
  };
  await writeCheckpoint(path, new Map([['w', Float32Array.of(1, 2)]]), shapes, position);
  const file = readFileSync(path);
  const { tensors } = await readSafetensors(path);
  return [
    subject({
      name: 'checkpoints',
      inputs: mutated([file], 8),
      passes: (bytes) => bytes[8] === 0x7b,
      read: (bytes) => {
        writeFileSync(path, bytes);
        return readCheckpoint(path, shapes);
      },
    }),
    subject({
      name: 'positions of checkpoints',
      inputs: mutatedJson({ formatVersion: 1, ...position }),
      passes: isVersion1,
      read: async (value) => {
        await writeSafetensors(path, tensors, { 'snapshelf-checkpoint': JSON.stringify(value) ?? '' });
        return readCheckpoint(path, shapes);
      },
    }),
  ];
}

/** The readers of weights and checkpoints: safetensors, PyTorch's zip files, its older pickles, those of a run. */
export async function weightsSubjects(root: string): Promise<Subject[]> {
  return [
    ...(await safetensorsSubjects(root)),
    subject({
      name: 'PyTorch files, zipped and legacy',
      inputs: mutated(
        pytorch('zip.pth', 'zip-protocol4.pth', 'parameter.pth', 'checkpoint.pth', 'legacy.pth'),
        4,
      ),
      passes: (bytes) => bytes[0] === 0x50 || bytes[0] === 0x80,
      read: decodeAll,
    }),
    subject({
      name: 'pickles',
      inputs: mutated(pytorch('legacy.pth'), 2),
      passes: (bytes) => bytes[0] === 0x80,
      read: decodeAll,
    }),
    ...(await checkpointSubjects(root)),
  ];
}
