import { SnapshelfError } from '../errors.ts';
import type { ImageLimits } from './limits.ts';

/**
 * Translates an error of sharp about a picture.
 * @throws SnapshelfError `image-timeout`, `image-too-many-pixels`, else `image-corrupt`.
 */
export function explainFailure(error: unknown, limits: ImageLimits): never {
  const reason = error instanceof Error ? error.message.trim() : String(error);
  if (/^timeout/im.test(reason))
    throw new SnapshelfError(
      'image-timeout',
      `The image took longer than ${limits.timeoutSeconds} s to decode. Send a smaller one.`,
      { cause: error, details: { timeoutSeconds: limits.timeoutSeconds } },
    );
  if (/pixel limit|dimensions? exceed/i.test(reason))
    throw new SnapshelfError(
      'image-too-many-pixels',
      `The image has more than the ${limits.maxPixels} pixels allowed. Send a smaller one.`,
      { cause: error, details: { maxPixels: limits.maxPixels } },
    );
  throw new SnapshelfError(
    'image-corrupt',
    `The image is damaged and cannot be decoded (${reason.split('\n')[0] ?? ''}). Save it again and retry.`,
    { cause: error },
  );
}
