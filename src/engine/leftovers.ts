/** Options of `Engine.leftovers`. */
export interface LeftoversOptions {
  /** True removes what is found. Default false. */
  readonly remove?: boolean | undefined;
  /** Milliseconds for which what nothing names may still belong to a write under way. Default an hour. */
  readonly minAgeMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Is told now and then how many parts of pictures of a collection were read. */
  readonly onProgress?: ((name: string, parts: number) => void) | undefined;
}

/** The parts of pictures that an engine keeps of a collection, by what names them. */
export interface PictureParts {
  readonly name: string;
  /** All that were read. */
  readonly parts: number;
  /** Those that no item names. */
  readonly orphans: number;
  /** Those that do not say whose they are, as an earlier version wrote them: they stay. */
  readonly unknown: number;
}

/** Leftovers of an engine, which no collection and no item names: left by writes, drops and changes of the model that were interrupted. */
export interface Leftovers {
  /** Names of classes or tables that belong to no collection. */
  readonly stores: readonly string[];
  readonly collections: readonly PictureParts[];
}
