import { z } from 'zod';
import { Base64Error, decodeBase64 } from './base64.ts';
import { pictureSizes } from './thumbnail-sizes.ts';

/** The schema of a part of a picture, after EXIF orientation; in pixels unless the unit is fractions. */
const cropBox = z
  .strictObject({
    unit: z.enum(['pixels', 'fractions']).default('pixels'),
    left: z.number(),
    top: z.number(),
    width: z.number(),
    height: z.number(),
  })
  .describe('The part of the picture to look at, after EXIF orientation.');

/** The schema of a part of a picture, or how it is found. */
export const cropChoice = z.union(
  [cropBox, z.literal('auto')],
  'Expected "auto", or a box with the numbers left, top, width and height',
);

/** The schema of a part of a picture that may be left out. */
export const crop = cropChoice
  .optional()
  .describe(
    'The part of the picture to look at, after EXIF orientation: a box, or auto for the box around its subject, which the answer tells. Default: the whole picture.',
  );

/** The schema of a picture in JSON: base64, with or without `data:...;base64,` before it. zod's own check of base64 is slow. */
export const pictureBytes = z
  .string()
  .transform((text, context): Uint8Array => {
    try {
      return decodeBase64(text);
    } catch (error) {
      if (!(error instanceof Base64Error)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  })
  .describe('The picture in base64: JPEG, PNG, WebP, AVIF or GIF. In a form it is a file.')
  .meta({ format: 'picture', contentEncoding: 'base64' });

/** The schema of a picture that may be left out. */
export const picture = pictureBytes.optional();

/** The schema of the address of a picture. */
export const url = z
  .string()
  .max(2048)
  .optional()
  .describe(
    'The address of the picture, of a host that the server may fetch from, instead of the picture itself.',
  );

/** A stored picture in one of its sizes. Further fields, such as a number to get past a cache, are passed over, as they always were. */
export const storedPicture = z.object({
  size: z
    .literal(pictureSizes)
    .optional()
    .describe('Longest side of a thumbnail in pixels; smaller pictures are not enlarged. Default 256.'),
  hash: z
    .string()
    .max(64)
    .optional()
    .describe('The `imageHash` of the item: the answer may then be kept for a year.'),
});
