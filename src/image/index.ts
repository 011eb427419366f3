export { cropped, flipHorizontally } from './augment.ts';
export { applyColourJitter, type ColourJitter, checkColourJitter } from './colour-jitter.ts';
export type { CropBox } from './crop.ts';
export { type CropRanges, checkCropRanges, randomCropBox, randomResizedCropBox } from './crop-boxes.ts';
export { decodeImage, preprocessImage, resizeImage, type Turn } from './decode.ts';
export { decodingWidth, inDecodingTurn, largePixels } from './decoding-turns.ts';
export { sniffFormat } from './formats.ts';
export { readHeader } from './header.ts';
export { decodingRules, imageLibrary } from './library.ts';
export { defaultLimits, type ImageLimits } from './limits.ts';
export { isPictureError } from './picture-error.ts';
export { readPictureFile } from './picture-file.ts';
export type { Picture, Pixels } from './pixels.ts';
export { withoutPlaces } from './places/without-places.ts';
export { preprocess } from './preprocess.ts';
export {
  checkResize,
  type Filter,
  type Preprocessing,
  type Resize,
  resizedSize,
  type Size,
} from './preprocessing-plan.ts';
export { resizedCrop } from './resample.ts';
export { seenArea } from './seen-area.ts';
export { thumbnail } from './thumbnail.ts';
