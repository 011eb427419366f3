export { cropped, flipHorizontally } from './augment.ts';
export { applyColourJitter, type ColourJitter, checkColourJitter } from './colour-jitter.ts';
export type { CropBox, Rectangle } from './crop.ts';
export { type CropRanges, checkCropRanges, randomCropBox, randomResizedCropBox } from './crop-boxes.ts';
export { type DecodeOptions, decodeImage, preprocessImage, resizeImage } from './decode.ts';
export { decodingWidth, inDecodingTurn } from './decoding-turns.ts';
export type { ImageFormat } from './formats.ts';
export { type ImageInfo, inspectImage } from './header.ts';
export { imageLibrary } from './library.ts';
export { defaultLimits, type ImageLimits } from './limits.ts';
export { isPictureError } from './picture-error.ts';
export { readPictureFile } from './picture-file.ts';
export type { Picture, Pixels } from './pixels.ts';
export { preprocess } from './preprocess.ts';
export {
  checkPreprocessing,
  checkResize,
  type Filter,
  type Preprocessing,
  type Resize,
  resizedSize,
  type ShortSide,
  type Size,
  type Squash,
} from './preprocessing.ts';
export { resizedCrop } from './resample.ts';
export { defaultThumbnailSize, thumbnail } from './thumbnail.ts';
