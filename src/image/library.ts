import sharp from 'sharp';

/** The versions of the libraries that pictures are decoded with, for reports. */
export const imageLibrary = (): string => `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`;
