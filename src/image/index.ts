export type { CropBox } from './crop.ts';
export { type DecodeOptions, decodeImage, preprocessImage } from './decode.ts';
export type { ImageFormat } from './formats.ts';
export { type ImageInfo, inspectImage } from './header.ts';
export { defaultLimits, type ImageLimits } from './limits.ts';
export type { Pixels } from './pixels.ts';
export { preprocess } from './preprocess.ts';
export type { Filter, Preprocessing, Resize, ShortSide, Squash } from './preprocessing.ts';
export { defaultThumbnailSize, thumbnail } from './thumbnail.ts';
