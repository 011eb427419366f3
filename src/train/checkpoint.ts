import { existsSync } from 'node:fs';
import { SnapshelfError } from '../errors.ts';
import { readSafetensors, type StateDict, writeSafetensors } from '../weights/index.ts';
import type { State } from './stepper.ts';

/** Where a run stands, besides its tensors. */
export interface Position {
  /** Steps done. */
  readonly step: number;
  /** The epoch of the next step, from 0, and the number of its batch in that epoch. The order of the data follows from seed and epoch. */
  readonly epoch: number;
  readonly batch: number;
  /** Epochs done at the last validation. */
  readonly validatedEpoch: number;
  /** The best validation figure so far and how many epochs it took. */
  readonly best: { readonly recall: number; readonly epoch: number } | null;
}

const metadataKey = 'snapshelf-checkpoint';
const formatVersion = 1;

const toStateDict = (state: State, shapes: ReadonlyMap<string, readonly number[]>): StateDict =>
  new Map(
    [...shapes].map(([name, dims]) => {
      const data = state.get(name);
      if (data === undefined) throw new RangeError(`the state lacks ${name}`);
      return [name, { dims, dataType: 'float32', data: data as Float32Array<ArrayBuffer> }];
    }),
  );

/**
 * Writes the state and position of a run as one safetensors file, so that a crash leaves the old one or the new one.
 * @throws SnapshelfError `disk-full`.
 */
export async function writeCheckpoint(
  path: string,
  state: State,
  shapes: ReadonlyMap<string, readonly number[]>,
  position: Position,
): Promise<void> {
  const metadata = { [metadataKey]: JSON.stringify({ formatVersion, ...position }) };
  await writeSafetensors(path, toStateDict(state, shapes), metadata);
}

/** Writes the weights of a network alone. */
export async function writeNetwork(
  path: string,
  state: State,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<void> {
  await writeSafetensors(path, toStateDict(state, shapes));
}

/**
 * Reads what `writeCheckpoint` wrote; undefined where nothing was.
 * @throws SnapshelfError `weights-invalid` for a damaged file, `run-invalid` when it is no checkpoint of the run.
 */
export async function readCheckpoint(
  path: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<{ state: Map<string, Float32Array>; position: Position } | undefined> {
  if (!existsSync(path)) return undefined;
  const { tensors, metadata } = await readSafetensors(path);
  const text = metadata.get(metadataKey);
  const position =
    text === undefined ? undefined : (JSON.parse(text) as Position & { formatVersion: number });
  if (position?.formatVersion !== formatVersion)
    throw new SnapshelfError('run-invalid', `${path} is not a checkpoint of this version.`);
  const state = new Map<string, Float32Array>();
  for (const [name, dims] of shapes) {
    const tensor = tensors.get(name);
    if (!(tensor?.data instanceof Float32Array) || tensor.dims.join() !== dims.join())
      throw new SnapshelfError('run-invalid', `The checkpoint ${path} has no ${name} of shape [${dims}].`);
    state.set(name, tensor.data);
  }
  return { state, position };
}
