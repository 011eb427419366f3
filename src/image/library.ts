import sharp from 'sharp';

/** Names the libraries that decode pictures, with their versions, for reports. */
export const imageLibrary = (): string => `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`;

/** The number of the rules that pixels follow; it changes with them, so that caches of pixels and vectors are made anew. */
export const decodingRules = 2;
