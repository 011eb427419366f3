import { asking, client } from '../api/client.ts';
import { collectionName } from '../route.ts';
import { type Crop, leastCrop, whole } from './crop.ts';
import { type Photo, partOf } from './photo.ts';
import { reducedSize } from './size.ts';

/** Longest side of the photo that is sent, in pixels: the server looks at less. */
const longest = 640;

/** Asks the server for the box around the subject of a photo. @throws ClientError */
export async function subjectOf(photo: Photo): Promise<Crop> {
  const image = await partOf(photo, whole, longest);
  const { crop } = await asking(
    client.search(collectionName.peek() ?? '', { image, crop: 'auto', k: 1 }, { retries: 2 }),
  );
  if (crop === undefined) return whole;
  const [w, h] = reducedSize(photo.width, photo.height, longest);
  const width = Math.min(1, Math.max(leastCrop, crop.width / w));
  const height = Math.min(1, Math.max(leastCrop, crop.height / h));
  return { left: Math.min(crop.left / w, 1 - width), top: Math.min(crop.top / h, 1 - height), width, height };
}
