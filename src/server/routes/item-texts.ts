import { canonical, Trimmer } from '../../text.ts';

/** Removes blanks at the ends of the ids, labels and product ids that a request writes, as the readers of files do. */
export class ItemTexts {
  readonly #trimmer = new Trimmer();

  /**
   * Returns the fields of an item, those of `keys` trimmed.
   *
   * @param place - what the item is for a person, such as `items[2].`
   */
  trim<T extends object>(fields: T, keys: readonly (keyof T & string)[], place = ''): T {
    const trimmed = keys.map((key) => {
      const text: unknown = fields[key];
      if (typeof text !== 'string') return [key, text] as const;
      const short = this.#trimmer.trim(text, () => `${place}${key}`);
      // The gallery finds an item by its id as it was sent, and stores new ones in their one spelling.
      return [key, short === canonical(text) ? text : short] as const;
    });
    return { ...fields, ...Object.fromEntries(trimmed.filter(([, text]) => text !== undefined)) };
  }

  /** The member `notes` of the answer, or none where nothing was trimmed. */
  get told(): { readonly notes?: readonly string[] } {
    const notes = this.#trimmer.notes();
    return notes.length === 0 ? {} : { notes };
  }
}
