import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isItemId, type StoredImage } from '../../engine/index.ts';
import { SnapshelfError } from '../../errors.ts';
import { writeAtomically } from '../../files/index.ts';
import { readPictureFile } from '../../image/index.ts';
import { shown } from '../../json/index.ts';
import { type ItemPicture, type PictureContext, preparePicture } from '../prepare-item.ts';

const endings: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'avif',
  'image/gif': 'gif',
};

/** Makes the folder that pictures are written to. */
export const makePictureFolder = async (folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
};

/** Writes a picture into a folder, under the SHA-256 of its bytes. Returns its name there. */
export async function writePicture(folder: string, { bytes, mediaType }: StoredImage): Promise<string> {
  const name = `${createHash('sha256').update(bytes).digest('hex')}.${endings[mediaType] ?? 'bin'}`;
  await writeAtomically(join(folder, name), (temporary) => writeFile(temporary, bytes, { flag: 'wx' }));
  return name;
}

/** Reads a picture of a folder, and prepares what is stored of it. @throws SnapshelfError `source-invalid`, `image-*`. */
export async function readPicture(
  folder: string,
  name: string,
  context: PictureContext,
): Promise<ItemPicture> {
  // A name that leads out of the folder is none.
  if (!isItemId(name))
    throw new SnapshelfError(
      'source-invalid',
      `The picture ${shown(name)} is no file of the folder of pictures.`,
    );
  const bytes = await readPictureFile(join(folder, name), context.limits).catch((cause: unknown) => {
    if (cause instanceof SnapshelfError) throw cause;
    throw new SnapshelfError(
      'source-invalid',
      `The picture ${shown(name)} cannot be read: ${(cause as Error).message}.`,
      {
        cause,
      },
    );
  });
  return (await preparePicture(bytes, context, async () => undefined)).picture;
}
