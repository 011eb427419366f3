import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { type ModelFile, readModelFile } from './model-file.ts';
import { defaultModel, shippedModels } from './shipped.ts';

/** Returns the path of the model with the identity `id` in a data folder. */
export const storedModelPath = (data: string, id: string): string => join(data, 'models', `${id}.onnx`);

/**
 * Reads the model with the identity `id` from a data folder.
 * @throws SnapshelfError `model-not-found`, which says what to do; `model-invalid` if the file was changed.
 */
export async function storedModel(data: string, id: string): Promise<ModelFile> {
  const path = storedModelPath(data, id);
  if (!/^[0-9a-f]{64}$/.test(id))
    throw new SnapshelfError('model-not-found', `No model has the identity ${JSON.stringify(id)}.`);
  const model = await readModelFile(path).catch(async (cause: unknown) => {
    if (!(cause instanceof SnapshelfError) || cause.code !== 'model-not-found') throw cause;
    const shipped = (await readShipped([...shippedModels.values()])).find((one) => one.id === id);
    if (shipped !== undefined) return shipped;
    throw new SnapshelfError(
      'model-not-found',
      `The data folder lacks the model ${id}. Put it back as ${path}.`,
      { cause },
    );
  });
  if (model.id === id) return model;
  throw new SnapshelfError(
    'model-invalid',
    `${path} was changed: its SHA-256 is ${model.id}. Put the original back.`,
  );
}

/** Reads the models that ship and are there: a checkout or an installation may lack some. */
async function readShipped(paths: readonly string[]): Promise<ModelFile[]> {
  return Promise.all(paths.filter((path) => existsSync(path)).map((path) => readModelFile(path)));
}

/** True if a model ships, so that every server has it. */
export const isShipped = async (id: string): Promise<boolean> =>
  (await readShipped([...shippedModels.values()])).some((one) => one.id === id);

/** Reads the model that new collections have unless another is named; undefined if it is not there. */
export const shippedDefault = async (): Promise<ModelFile | undefined> =>
  (await readShipped([defaultModel]))[0];
