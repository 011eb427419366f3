/** Numbers that are compared without an index: of a whole collection, and of what a filter lets through. */
export interface ScanLimits {
  readonly collection: number;
  readonly filtered: number;
}

/** Up to these a scan takes no longer than the index: it has to look at ten times as many candidates where a tenth passes. */
export const scanLimits: ScanLimits = { collection: 2_000_000, filtered: 6_000_000 };
