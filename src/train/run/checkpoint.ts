import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { SnapshelfError } from '../../errors.ts';
import { parseJsonWithin } from '../../json/index.ts';
import {
  readSafetensors,
  type SafetensorsFile,
  type StateDict,
  writeSafetensors,
} from '../../weights/index.ts';
import type { State } from '../step/step-session.ts';

const whole = z.int().min(0);

const positionSchema = z.object({
  /** Steps done. */
  step: whole,
  /** The epoch of the next step, from 0. The order of the data follows from seed and epoch. */
  epoch: whole,
  /** The number of the next step's batch in its epoch, from 0. */
  batch: whole,
  /** Epochs done at the last validation. */
  validatedEpoch: whole,
  /** The best Recall@1 of the validations so far, 0 to 1, and after how many epochs; null before the first. */
  best: z
    .object({ recall: z.number().min(0).max(1), epoch: whole })
    .readonly()
    .nullable(),
  /** The steps since the last line of the log and the sum of their losses, so that an interruption costs no line. */
  unlogged: z.object({ steps: whole, sum: z.number() }).readonly().default({ steps: 0, sum: 0 }),
});

/** The position of a run, which together with its tensors says how it goes on. */
export type Position = Readonly<z.infer<typeof positionSchema>>;

/** The position in the metadata of a checkpoint. */
const recordSchema = positionSchema.extend({ formatVersion: z.literal(1) });

const metadataKey = 'snapshelf-checkpoint';
const formatVersion = 1;
/** Beside it, SHA-256 of the position's text and all tensors: a damaged disk must not become a damaged model. */
const hashKey = 'snapshelf-sha256';

function hashOf(tensors: StateDict, text: string): string {
  const hash = createHash('sha256').update(text);
  for (const [name, { data }] of [...tensors].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(name).update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}

/**
 * Reads the weights of a run, checked against their hash.
 * @throws SnapshelfError `weights-invalid` for a damaged file.
 */
export async function readRunWeights(path: string): Promise<SafetensorsFile> {
  const file = await readSafetensors(path);
  const expected = file.metadata.get(hashKey);
  const actual = hashOf(file.tensors, file.metadata.get(metadataKey) ?? '');
  if (expected === undefined || expected === actual) return file;
  throw new SnapshelfError('weights-invalid', `${path} is damaged: its content does not fit its SHA-256.`);
}

function parsePosition(path: string, text: string | undefined): Position {
  try {
    const record = recordSchema.parse(parseJsonWithin(text ?? '{}', { values: 100 }));
    return positionSchema.parse(record);
  } catch (cause) {
    throw new SnapshelfError('run-invalid', `${path} is not a checkpoint of this version.`, { cause });
  }
}

const toStateDict = (state: State, shapes: ReadonlyMap<string, readonly number[]>): StateDict =>
  new Map(
    [...shapes].map(([name, dims]) => {
      const data = state.get(name);
      if (data === undefined) throw new RangeError(`The state lacks ${name}.`);
      return [name, { dims, dataType: 'float32', data: data as Float32Array<ArrayBuffer> }];
    }),
  );

/**
 * Writes the state and position of a run as one safetensors file, so that a crash leaves the old one or the new one.
 * @param shapes the tensors of the state to write, by name
 * @throws SnapshelfError `disk-full`, `not-writable`; RangeError if the state lacks a tensor.
 */
export async function writeCheckpoint(
  path: string,
  state: State,
  shapes: ReadonlyMap<string, readonly number[]>,
  position: Position,
): Promise<void> {
  const tensors = toStateDict(state, shapes);
  const text = JSON.stringify({ formatVersion, ...position });
  await writeSafetensors(path, tensors, { [metadataKey]: text, [hashKey]: hashOf(tensors, text) });
}

/**
 * Writes the weights of a network without a position.
 * @throws SnapshelfError `disk-full`, `not-writable`; RangeError if the state lacks a tensor.
 */
export async function writeNetwork(
  path: string,
  state: State,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  const tensors = toStateDict(state, shapes);
  await writeSafetensors(path, tensors, { [hashKey]: hashOf(tensors, '') });
}

/**
 * Reads a checkpoint, or returns undefined if there is no such file.
 * @param shapes the tensors to read, by name
 * @throws SnapshelfError `weights-invalid` for a damaged file, `run-invalid` if it is no checkpoint of the run.
 */
export async function readCheckpoint(
  path: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<{ state: Map<string, Float32Array>; position: Position } | undefined> {
  if (!existsSync(path)) return undefined;
  const { tensors, metadata } = await readRunWeights(path);
  const position = parsePosition(path, metadata.get(metadataKey));
  const state = new Map<string, Float32Array>();
  for (const [name, dims] of shapes) {
    const tensor = tensors.get(name);
    if (!(tensor?.data instanceof Float32Array) || tensor.dims.join() !== dims.join())
      throw new SnapshelfError('run-invalid', `The checkpoint ${path} has no ${name} of shape [${dims}].`);
    state.set(name, tensor.data);
  }
  return { state, position };
}
