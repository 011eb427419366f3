/** Longest side in pixels of the small picture that is stored of an item. */
export const storedSize = 256;

/** The longest sides in pixels that a small picture may be asked for in. */
export const pictureSizes = [64, 128, storedSize, 512, 1024] as const;
