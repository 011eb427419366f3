import { type CropBox, resolveCrop } from './crop.ts';
import { type Preprocessing, planPreprocessing, type Size } from './preprocessing-plan.ts';

/**
 * Returns the part of a picture that a model sees after its preprocessing, in pixels of the upright picture; it may begin or end
 * between two pixels, and reaches beyond a picture that gets a border.
 * @param size of the upright picture
 * @param crop the part that is preprocessed. Default: the whole picture
 * @throws SnapshelfError `crop-invalid`.
 */
export function seenArea(size: Size, preprocessing: Preprocessing, crop?: CropBox): CropBox {
  const area =
    crop === undefined
      ? { left: 0, top: 0, width: size.width, height: size.height }
      : resolveCrop(crop, size.width, size.height);
  const { resized, kept, border } = planPreprocessing(area, preprocessing);
  const x = area.width / resized.width;
  const y = area.height / resized.height;
  return {
    unit: 'pixels',
    left: area.left + (kept.left - border.left) * x,
    top: area.top + (kept.top - border.top) * y,
    width: preprocessing.crop.width * x,
    height: preprocessing.crop.height * y,
  };
}
