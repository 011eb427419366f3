/** A damage that was found in a collection. */
export interface Finding {
  /**
   * The kind of what is damaged; `database` is the file as a whole, `index` the search index, `leftover` what belongs to no item.
   * `place` is no damage: a picture that says where it was taken.
   */
  readonly what: 'database' | 'item' | 'vector' | 'picture' | 'thumbnail' | 'index' | 'leftover' | 'place';
  /** The item, as far as it is known. */
  readonly id: string | null;
  /** The number of the change that wrote the item; 0 where no one item is meant. */
  readonly sequence: number;
  /** A sentence without its subject and full stop, such as `has another checksum`. */
  readonly why: string;
}

/** Listens to an examination. */
export interface Listener {
  readonly onFinding: (finding: Finding) => void;
  /** Called now and then with the number of items that were read. */
  readonly onProgress?: ((items: number) => void) | undefined;
}
