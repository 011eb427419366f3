/**
 * An opaque object, in the place of one whose class or function the reader does not know. Nothing is ever called or
 * looked up for it; only its name is kept and, for classes made like a dict, the items that are set on it.
 */
export class Foreign {
  /** The name of the class or function. */
  readonly name: string;
  #items: Map<unknown, unknown> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  /** The items set on the object, as on a dict. */
  get items(): Map<unknown, unknown> {
    this.#items ??= new Map();
    return this.#items;
  }

  /** Makes what calling `callable` would return: an opaque object of the same name. */
  static madeBy(callable: unknown): Foreign {
    return new Foreign(callable instanceof Foreign ? callable.name : 'an instance of a tensor or container');
  }
}
