import { constants, existsSync } from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';
import { writeAtomically } from '../files/index.ts';
import { type ModelFile, readModelFile, storedModelPath } from '../model/index.ts';

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
