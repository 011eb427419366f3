import { join } from 'node:path';
import { invalidSource } from '../invalid-source.ts';
import { type Listed, readLines } from './listing.ts';

/** CUB-200-2011: classes 1 to 100 are trained on, 101 to 200 tested; the official split of pictures is not used. */
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
      throw invalidSource(`${root}: image_class_labels.txt has no class for image ${image.slice(0, 100)}`);
    return { id: `images/${path}`, label: path.split('/')[0] ?? '', split: number <= 100 ? 'train' : 'test' };
  });
}
