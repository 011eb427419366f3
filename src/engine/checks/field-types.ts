import { SnapshelfError } from '../../errors.ts';
import type { FieldType, Json, WidenedField } from '../types.ts';

/** Fields whose types a collection keeps; what keys there are beyond them may hold anything. */
export const maxTypedFields = 1000;
/** Characters of the key of a field that has a type. */
export const maxTypedKey = 512;

/** Returns the type of a value; undefined for null and objects, which fit every field. */
function fieldTypeOf(value: Json): FieldType | undefined {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : undefined;
}

/** Makes the error of a value that has another type than its field. */
function fieldTypeMismatch(
  id: string,
  field: string,
  { type, given }: { readonly type: FieldType; readonly given: FieldType },
): SnapshelfError {
  return new SnapshelfError(
    'field-type-mismatch',
    `The metadata field ${JSON.stringify(field)} holds values of the type ${type}, and item ${JSON.stringify(id)} has one of the type ${given}. Nothing was stored: give a ${type}, or store without strict, which makes the field text.`,
    { details: { field, type, given, id } },
  );
}

/**
 * Checks before anything is stored that the metadata of many items has the types of a collection's fields, and of each other.
 * @param fields the types of the collection's fields
 * @throws SnapshelfError `field-type-mismatch` for the first value of another type.
 */
export function checkFieldTypes(
  fields: Readonly<Record<string, FieldType>>,
  items: Iterable<{ readonly id: string; readonly metadata?: Readonly<Record<string, Json>> | undefined }>,
): void {
  const types = new Map(Object.entries(fields));
  for (const { id, metadata = {} } of items) {
    for (const [field, value] of Object.entries(metadata)) {
      const given = fieldTypeOf(value);
      const type = types.get(field);
      if (given === undefined || given === type) continue;
      if (type !== undefined) throw fieldTypeMismatch(id, field, { type, given });
      types.set(field, given);
    }
  }
}

type Metadata = Readonly<Record<string, Json>>;

/** The types of a collection's fields while items are written. */
export class WrittenFields {
  /** The fields that became text. */
  readonly widened: WidenedField[] = [];
  /** The fields whose type is new or another. */
  readonly changed: ReadonlySet<string>;
  readonly #changed = new Set<string>();
  readonly #types: Map<string, FieldType>;
  readonly #isStrict: boolean;

  /** @param isStrict true refuses values of other types than their fields' */
  constructor(types: ReadonlyMap<string, FieldType>, isStrict: boolean) {
    this.#types = new Map(types);
    this.#isStrict = isStrict;
    this.changed = this.#changed;
  }

  /** The types as they are now. */
  get types(): ReadonlyMap<string, FieldType> {
    return this.#types;
  }

  /**
   * Returns an item's metadata as its fields' types want it: in a text field every value is text. A new field takes the type
   * of its value; a value of another type makes a field text.
   * @throws SnapshelfError `field-type-mismatch` if it is strict.
   */
  conform(id: string, metadata: Metadata): Metadata {
    const entries = Object.entries(metadata);
    const conformed = entries.map(([key, value]) => [key, this.#conform(id, key, value)] as const);
    return conformed.every(([, value], i) => value === entries[i]?.[1])
      ? metadata
      : Object.fromEntries(conformed);
  }

  /** Returns metadata, that was conformed before, with the values of fields that have become text since as text. */
  widen(metadata: Metadata): Metadata {
    if (this.widened.length === 0) return metadata;
    const isWidened = (key: string): boolean => this.widened.some(({ field }) => field === key);
    return Object.fromEntries(
      Object.entries(metadata).map(([key, value]) => [
        key,
        fieldTypeOf(value) !== undefined && isWidened(key) ? textOfValue(value) : value,
      ]),
    );
  }

  /** True if a field of that key has a type. */
  protected isTyped(_key: string): boolean {
    return true;
  }

  /** Called when a field has got a type, or another than `from`. */
  protected hasType(_field: string, _type: FieldType, _from?: FieldType): void {}

  #conform(id: string, key: string, value: Json): Json {
    const given = fieldTypeOf(value);
    if (given === undefined || !this.isTyped(key)) return value;
    const type = this.#types.get(key) ?? this.#learn(key, given);
    if (type === given) return value;
    if (this.#isStrict) throw fieldTypeMismatch(id, key, { type, given });
    if (type !== 'text') {
      this.widened.push({ field: key, from: type });
      this.#set(key, 'text', type);
    }
    return textOfValue(value);
  }

  #learn(key: string, type: FieldType): FieldType {
    if (this.#types.size < maxTypedFields && key.length <= maxTypedKey) this.#set(key, type);
    return type;
  }

  #set(key: string, type: FieldType, from?: FieldType): void {
    this.#types.set(key, type);
    this.#changed.add(key);
    this.hasType(key, type, from);
  }
}

/** Returns the text of a value that is none: as JSON writes it. */
export const textOfValue = (value: Json): string =>
  typeof value === 'string' ? value : JSON.stringify(value);
