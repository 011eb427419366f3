import { SnapshelfError } from '../../errors.ts';
import type { FieldType, Json } from '../types.ts';

/** Returns the type of a value; undefined for null and objects, which fit every field. */
export function fieldTypeOf(value: Json): FieldType | undefined {
  if (Array.isArray(value)) return 'list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return 'number';
  return typeof value === 'boolean' ? 'boolean' : undefined;
}

/** Makes the error of a value that has another type than its field. */
export function fieldTypeMismatch(
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
