import { type JsonSchema, jsonSchemaOf } from '../../json/index.ts';
import type { Method, Operation } from '../operations/index.ts';
import type { RequestHeader } from '../operations/operation.ts';
import { collectionName, idReference } from '../parsing/forms.ts';
import type { Limits, RequestKind } from '../parsing/limits.ts';
import { oneQueryInForm } from '../parsing/query-schema.ts';
import { schemaOf } from '../parsing/schemas.ts';
import { examples } from './examples.ts';

/** The parameters of paths. */
const pathParameters: Readonly<Record<string, JsonSchema>> = {
  collection: { ...collectionName, description: 'The name of a collection.' },
  id: { ...idReference, description: 'The id of an item; a `/` in it is sent as %2F.' },
  evaluation: { type: 'string', format: 'uuid', description: 'The id of an evaluation.' },
  webhook: { type: 'string', pattern: '^[0-9a-f]{12}$', description: 'The id of a webhook.' },
  delivery: { type: 'string', pattern: '^[0-9a-f]{24}$', description: 'The id of a delivery.' },
};

/** The headers of requests: those that every operation reads, those of every GET, and those that some read. */
const headers: Readonly<Record<RequestHeader | 'X-Request-Id', JsonSchema>> = {
  'X-Request-Id': {
    description:
      'An id of your own for the request: 1 to 128 letters, digits, ".", "_" and "-"; one of another form is passed over.',
    schema: { type: 'string' },
  },
  'If-Match': {
    description:
      'The ETag of the item as it was read: one that has been changed since is not changed (412). * takes any.',
    schema: { type: 'string', pattern: '^(?:\\*|"[A-Za-z0-9_-]{22}")$' },
  },
  'If-None-Match': {
    description: '* stores the item only if there is none of its id (412).',
    schema: { const: '*' },
  },
  'Idempotency-Key': {
    description:
      'A text of your own, such as a UUID: the same request with the same key is done once in 24 hours.',
    schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
  },
};

/** The tag of what a client has already. */
const knownTag: JsonSchema = {
  name: 'If-None-Match',
  in: 'header',
  description:
    'The ETag of the answer that you have: while it is the same, the answer is 304, without a body.',
  schema: { type: 'string' },
};

/** True for an operation whose answer has an `ETag`: whatever is read as JSON, and every picture. */
export function hasTag(method: Method, { answers }: Operation): boolean {
  const answer = answers[200];
  if (method !== 'get' || answer == null) return false;
  return !('mediaTypes' in answer) || answer.json !== undefined || answer.mediaTypes[0].startsWith('image/');
}

interface ObjectSchema extends JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

/** Returns the JSON Schema of the fields of a kind of request. */
const fieldsOf = (kind: RequestKind, limits: Limits): ObjectSchema =>
  jsonSchemaOf(schemaOf(kind, limits), 'input');

/** True for a schema whose values stand in a query string as they are; others stand there as JSON. */
const isPlain = ({ type, anyOf, $ref }: JsonSchema): boolean =>
  $ref === undefined && anyOf === undefined && type !== 'object' && type !== 'array';

/** Most characters of a field in an address, which has no room for more: see `headers-too-large`. */
const longestInAddress = 8192;

function queryParameter(name: string, { description, ...whole }: JsonSchema, example: unknown): JsonSchema {
  const isLong = typeof whole['maxLength'] === 'number' && whole['maxLength'] > longestInAddress;
  const schema = isLong ? { ...whole, maxLength: longestInAddress } : whole;
  return {
    name,
    in: 'query',
    description,
    ...(isPlain(schema) ? { schema } : { content: { 'application/json': { schema } } }),
    ...(example !== undefined && isPlain(schema) && { example }),
  };
}

/** Lists the parameters of an operation: those of its path, then those of its query string. */
export function parametersOf(
  path: string,
  method: Method,
  operation: Operation,
  limits: Limits,
): JsonSchema[] {
  const { path: inPath = {}, query = {} } = examples[operation.id] ?? {};
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const ofPath = names.map((name) => {
    const { description, ...schema } = pathParameters[name] ?? {};
    return { name, in: 'path', required: true, description, schema, example: inPath[name] };
  });
  const read = ['X-Request-Id', ...(operation.headers ?? [])] as const;
  const ofHeaders = [
    ...read.map((name) => ({ name, in: 'header', ...headers[name] })),
    ...(hasTag(method, operation) ? [knownTag] : []),
  ];
  const { takes } = operation;
  if (takes === undefined) return [...ofPath, ...ofHeaders];
  const { properties = {} } = fieldsOf(takes, limits);
  const listed = operation.query ?? (method === 'get' ? Object.keys(properties) : []);
  const ofQuery = listed.map((name) => queryParameter(name, properties[name] ?? {}, query[name]));
  return [...ofPath, ...ofQuery, ...ofHeaders];
}

const file: JsonSchema = { type: 'string', format: 'binary', description: 'The file of a picture.' };

/** The fields of a form whose values are files. */
const fileFields = ['image', 'images'];

/** A list in a form is one field with its JSON: several fields of one name are something else. */
function inForm(schema: JsonSchema): JsonSchema {
  if (schema['type'] !== 'array') return schema;
  const { description, ...contentSchema } = schema;
  return { type: 'string', description, contentMediaType: 'application/json', contentSchema };
}

const fieldsInForm = (
  properties: Readonly<Record<string, JsonSchema>>,
): Readonly<Record<string, JsonSchema>> =>
  Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, inForm(schema)]));

function formOf(field: string, { properties: all = {}, required = [], ...rest }: ObjectSchema): JsonSchema {
  // A form has the file itself.
  const { url: _url, itemId: _itemId, ...properties } = all;
  const files = fileFields.filter((name) => name === field || name in properties);
  const described = files.map((name) => {
    const { minItems = 1, maxItems = 64 } = properties[name] ?? {};
    return [name, name === 'image' ? file : { type: 'array', items: file, minItems, maxItems }] as const;
  });
  const { without, ...rules } = files.length > 1 ? oneQueryInForm : { without: [] };
  const kept = Object.entries(properties).filter(([name]) => !(without as readonly string[]).includes(name));
  return {
    ...rest,
    ...rules,
    properties: { ...fieldsInForm(Object.fromEntries(kept)), ...Object.fromEntries(described) },
    required: files.length > 1 ? required : [...required, field],
  };
}

/** The entries of a batch in JSON, each with the address of its picture. */
function withUrls({ items, ...list }: JsonSchema = {}, { batchImages }: Limits): JsonSchema {
  const { file: _, ...properties } = (items as ObjectSchema).properties ?? {};
  return {
    ...list,
    minItems: 1,
    maxItems: batchImages,
    items: { ...(items as ObjectSchema), properties, required: ['id', 'url'] },
  };
}

/** A field of a query or a body that a request in JSON needs: the alternatives of a picture's route. */
function withPicture(field: string, schema: ObjectSchema, limits: Limits): JsonSchema {
  if ('oneOf' in schema) return schema;
  const { properties = {}, required = [] } = schema;
  if (!(field in properties))
    return {
      ...schema,
      properties: { ...properties, items: withUrls(properties['items'], limits) },
      required: [...required, 'items'],
    };
  if ('url' in properties) return { ...schema, oneOf: [{ required: [field] }, { required: ['url'] }] };
  return { ...schema, required: [...required, field] };
}

/** Describes a form that is the only body of its operation. */
function formOfFiles(
  files: NonNullable<Operation['files']>,
  { properties = {}, required = [], ...rest }: ObjectSchema,
): JsonSchema {
  const described = Object.entries(files).map(([name, { holds }]) => [
    name,
    { type: 'string', format: 'binary', description: holds },
  ]);
  const encoding = Object.entries(files).map(([name, { mediaTypes }]) => [
    name,
    { contentType: mediaTypes.join(', ') },
  ]);
  const schema = {
    ...rest,
    properties: { ...properties, ...Object.fromEntries(described) },
    required: [...required, ...Object.keys(files)],
  };
  return {
    content: { 'multipart/form-data': { schema, encoding: Object.fromEntries(encoding) } },
    required: true,
  };
}

/** Describes the body of an operation, or returns undefined if it takes none. */
export function bodyOf(method: Method, operation: Operation, limits: Limits): JsonSchema | undefined {
  const { takes, pictures, files, id } = operation;
  if (takes === undefined || method === 'get') return undefined;
  const schema = fieldsOf(takes, limits);
  if (files !== undefined) return formOfFiles(files, schema);
  const example = examples[id]?.body;
  const json = pictures === undefined ? schema : withPicture(pictures, schema, limits);
  const {
    oneOf: _,
    dependentRequired: _needs,
    ...plain
  } = schema as ObjectSchema & {
    readonly oneOf?: unknown;
    readonly dependentRequired?: unknown;
  };
  return {
    content: {
      'application/json': { schema: json, ...(example !== undefined && { example }) },
      ...(pictures !== undefined && { 'multipart/form-data': { schema: formOf(pictures, plain) } }),
    },
    required: pictures !== undefined || (schema.required ?? []).length > 0 || 'oneOf' in schema,
  };
}
