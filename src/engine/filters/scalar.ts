/** A value that conditions compare. */
export type Scalar = null | boolean | number | string;

/** Characters of the longest text that filters give. A longer value is equal to none of them, and ordered by its beginning. */
export const maxComparedText = 4096;
