import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, copyFile, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SnapshelfError } from '../errors.ts';
import { type ModelFile, readModelFile } from '../model/index.ts';

const folderOf = (data: string): string => join(data, 'models');

/** Where a data folder keeps the model of an identity. */
export const storedModelPath = (data: string, id: string): string => join(folderOf(data), `${id}.onnx`);

async function copyDurably(from: string, folder: string, name: string): Promise<void> {
  const temporary = join(folder, `.${randomUUID()}.tmp`);
  try {
    // A clone where the file system can: then the copy costs no space.
    await copyFile(from, temporary, constants.COPYFILE_FICLONE);
    const file = await open(temporary, 'r+');
    await file.sync().finally(() => file.close());
    await rename(temporary, join(folder, name));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * Keeps a copy of a model file in a data folder, under its identity, so that the folder needs no other file.
 * Throws `model-not-found`, `onnx-invalid` or `model-invalid`.
 */
export async function storeModel(data: string, path: string): Promise<ModelFile> {
  const model = await readModelFile(path);
  const stored = storedModelPath(data, model.id);
  const exists = await access(stored).then(
    () => true,
    () => false,
  );
  if (!exists) {
    await mkdir(folderOf(data), { recursive: true });
    await copyDurably(model.path, folderOf(data), `${model.id}.onnx`);
  }
  return { ...model, path: stored };
}

/** A model that a data folder keeps. Throws `model-not-found` with what to do, or `model-invalid` when it was changed. */
export async function storedModel(data: string, id: string): Promise<ModelFile> {
  const path = storedModelPath(data, id);
  if (!/^[0-9a-f]{64}$/.test(id))
    throw new SnapshelfError('model-not-found', `no model has the identity ${JSON.stringify(id)}`);
  const model = await readModelFile(path).catch((cause: unknown) => {
    if (!(cause instanceof SnapshelfError) || cause.code !== 'model-not-found') throw cause;
    throw new SnapshelfError(
      'model-not-found',
      `the data folder lacks the model ${id}; put it back as ${path}`,
      { cause },
    );
  });
  if (model.id === id) return model;
  throw new SnapshelfError(
    'model-invalid',
    `${path} was changed: its SHA-256 is ${model.id}; put the original back`,
  );
}
