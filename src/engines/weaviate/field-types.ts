import {
  type FieldType,
  fieldTypeMismatch,
  fieldTypeOf,
  type Json,
  type WidenedField,
} from '../../engine/index.ts';

/** Fields whose types a collection keeps; what keys there are beyond them may hold anything. */
const maxFields = 1000;
/** Characters of the key of a field that has a type. */
const maxKey = 512;

/** The types of a collection's fields while items are written. */
export class WrittenFields {
  /** The fields that became text. */
  readonly widened: WidenedField[] = [];
  readonly #types: Map<string, FieldType>;
  readonly #isStrict: boolean;
  #isChanged = false;

  /** @param isStrict true refuses values of other types than their fields' */
  constructor(types: Readonly<Record<string, FieldType>>, isStrict: boolean) {
    this.#types = new Map(Object.entries(types));
    this.#isStrict = isStrict;
  }

  /** True if a type is new or another. */
  get isChanged(): boolean {
    return this.#isChanged;
  }

  /** The types as they are now. */
  get types(): Record<string, FieldType> {
    return Object.fromEntries(this.#types);
  }

  /**
   * Returns an item's metadata as its fields' types want it: in a text field every value is text. A new field takes the type
   * of its value; a value of another type makes a field text.
   * @throws SnapshelfError `field-type-mismatch` if it is strict.
   */
  conform(id: string, metadata: Readonly<Record<string, Json>>): Record<string, Json> {
    return Object.fromEntries(
      Object.entries(metadata).map(([key, value]) => [key, this.#conform(id, key, value)]),
    );
  }

  /** Returns metadata with the values of fields that became text as text. */
  widen(metadata: Readonly<Record<string, Json>>): Record<string, Json> {
    return Object.fromEntries(
      Object.entries(metadata).map(([key, value]) => [
        key,
        fieldTypeOf(value) !== undefined && this.widened.some(({ field }) => field === key)
          ? textOf(value)
          : value,
      ]),
    );
  }

  #conform(id: string, key: string, value: Json): Json {
    const given = fieldTypeOf(value);
    if (given === undefined) return value;
    const type = this.#types.get(key) ?? this.#learn(key, given);
    if (type === given) return value;
    if (this.#isStrict) throw fieldTypeMismatch(id, key, { type, given });
    if (type !== 'text') {
      this.#types.set(key, 'text');
      this.widened.push({ field: key, from: type });
      this.#isChanged = true;
    }
    return textOf(value);
  }

  #learn(key: string, type: FieldType): FieldType {
    if (this.#types.size >= maxFields || key.length > maxKey) return type;
    this.#types.set(key, type);
    this.#isChanged = true;
    return type;
  }
}

/** The text of a value that is none: as JSON writes it. */
const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
