/** Numbers that are compared without an index: of a whole collection, and of what a filter lets through. */
export interface ScanLimits {
  readonly collection: number;
  readonly filtered: number;
}

/** Some milliseconds of pgvector. */
export const scanLimits: ScanLimits = { collection: 2_000_000, filtered: 2_000_000 };
