import sharp from 'sharp';

/** Names the libraries that decode pictures, with their versions, for reports. */
export const imageLibrary = (): string => `sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}`;
