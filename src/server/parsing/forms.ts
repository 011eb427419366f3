import type { JsonSchema } from '../../json/index.ts';

const control = '\\u0000-\\u001f\\u007f-\\u009f';
const segment = (first: string): string => `${first}[^/\\\\${control}]*`;
/** A part of an id between slashes: anything but nothing, `.` and `..`. */
const part = `(?:${segment(`[^./\\\\${control}]`)}|${segment(`\\.[^./\\\\${control}]`)}|${segment(`\\.\\.[^/\\\\${control}]`)})`;

/** The JSON Schema of the id of an item. */
export const itemId: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 512,
  pattern: `^${part}(?:/${part})*$`,
};

/** The JSON Schema of a product id, or of a label, which may be empty. */
export const itemText = (minLength: 0 | 1): JsonSchema => ({
  type: ['string', 'integer'],
  minLength,
  maxLength: 512,
  pattern: `^[^${control}]*$`,
});

/** The JSON Schema of the name of a collection. */
export const collectionName: JsonSchema = { type: 'string', pattern: '^[a-z0-9][a-z0-9_-]{0,63}$' };

const filter = { $ref: '#/components/schemas/Filter' };
const column = { enum: ['id', 'productId', 'label', 'split'] };
const key = { type: 'string', pattern: '^metadata\\.[^\\u0000]{0,4096}$' };
const field = { anyOf: [column, key] };
const text = { type: 'string', maxLength: 4096 };
const scalar = { anyOf: [{ type: ['null', 'boolean', 'number'] }, text] };

function closed(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]): JsonSchema {
  return { type: 'object', properties, required, additionalProperties: false };
}

const ranges = (of: JsonSchema, bound: JsonSchema): JsonSchema => ({
  ...closed({ field: of, gt: bound, gte: bound, lt: bound, lte: bound }, ['field']),
  minProperties: 2,
});

/** The JSON Schema of filters, which the gallery checks. */
export const filterForm: JsonSchema = {
  description: 'A condition on items: at most 16 deep, of 256 conditions.',
  anyOf: [
    closed({ field, equals: scalar }, ['field', 'equals']),
    closed({ field, in: { type: 'array', items: scalar, maxItems: 1000 } }, ['field', 'in']),
    ranges(column, text),
    ranges(key, { type: 'number' }),
    ranges(key, text),
    closed({ field, exists: { type: 'boolean' } }, ['field', 'exists']),
    closed({ field, prefix: text }, ['field', 'prefix']),
    closed({ and: { type: 'array', items: filter } }, ['and']),
    closed({ or: { type: 'array', items: filter } }, ['or']),
    closed({ not: filter }, ['not']),
  ],
};

/** The JSON Schema of the name of a field in a request. */
export const fieldReference: JsonSchema = field;

/** The JSON Schema of a filter in a request. */
export const filterReference: JsonSchema = filter;

/** The JSON Schema of an id in a request. */
export const idReference: JsonSchema = { $ref: '#/components/schemas/ItemId' };
