import { constants, existsSync } from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { writeAtomically } from '../files/index.ts';
import { defaultModel, type ModelFile, readModelFile, shippedModels } from '../model/index.ts';

/** Returns the path of the model with the identity `id` in a data folder. */
export const storedModelPath = (data: string, id: string): string => join(data, 'models', `${id}.onnx`);

/**
 * Stores a copy of the model file at `path` in a data folder, under its identity, so that the folder needs no other file.
 * The copy survives a power cut, as must the collections that are made with it afterwards.
 * @throws SnapshelfError `model-not-found`, `onnx-invalid`, `model-invalid`, `disk-full`, `not-writable`.
 */
export async function storeModel(data: string, path: string): Promise<ModelFile> {
  const model = await readModelFile(path);
  const stored = storedModelPath(data, model.id);
  const copy = async (temporary: string): Promise<void> => {
    // A clone if the file system supports it: the copy then costs no space.
    await copyFile(model.path, temporary, constants.COPYFILE_FICLONE);
    // A copy of a read-only file is read-only too, and could not be synced.
    await chmod(temporary, 0o644);
  };
  if (!existsSync(stored)) await writeAtomically(stored, copy);
  return { ...model, path: stored };
}

/** Returns the identity of a model: `model` itself if it is one, else that of the file, which is stored. */
export const storedIdentity = async (data: string, model: string): Promise<string> =>
  /^[0-9a-f]{64}$/.test(model) ? model : (await storeModel(data, model)).id;

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

/** Reads the model that new collections have unless another is named; undefined if it is not there. */
export const shippedDefault = async (): Promise<ModelFile | undefined> =>
  (await readShipped([defaultModel]))[0];
