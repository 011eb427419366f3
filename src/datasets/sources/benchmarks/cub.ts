import { join } from 'node:path';
import { invalidSource } from '../invalid-source.ts';
import { type Listed, readLines } from './listing.ts';

/**
 * Lists CUB-200-2011: classes 1 to 100 are for training, 101 to 200 for testing; the official split of pictures is not
 * used.
 *
 * @throws SnapshelfError `source-invalid` if a listing is malformed
 */
export async function listCub(root: string): Promise<Listed[]> {
  const images = await readLines(join(root, 'images.txt'), 0, 2);
  const classes = new Map(
    (await readLines(join(root, 'image_class_labels.txt'), 0, 2)).map(([image = '', number = '']) => [
      image,
      Number(number),
    ]),
  );
  return images.map(([image = '', path = '']) => {
    const number = classes.get(image);
    if (number === undefined || !Number.isInteger(number))
      throw invalidSource(
        `The file image_class_labels.txt in ${root} has no class for image ${image.slice(0, 100)}.`,
      );
    return { id: `images/${path}`, label: path.split('/')[0] ?? '', split: number <= 100 ? 'train' : 'test' };
  });
}
