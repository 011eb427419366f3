import { SnapshelfError } from '../../errors.ts';
import { type JsonLimits, maxProblems, readUserJson, shown } from '../../json/index.ts';
import { bodyLimitsOf, type Limits, type RequestKind } from './limits.ts';
import { checkFields, type RequestFields } from './schemas.ts';

/** The unparsed fields of a request. */
export interface RawRequest {
  readonly query: Readonly<Record<string, unknown>>;
  /** The JSON body. */
  readonly json?: Uint8Array | undefined;
  /** The text fields of a form. */
  readonly form?: Readonly<Record<string, unknown>> | undefined;
}

/** Fields that are plain text; every other field of a form or a query string is JSON. */
export const textFields = new Set([
  'productId',
  'label',
  'split',
  'group',
  'after',
  'itemId',
  'collection',
  'model',
  'image',
  'hash',
  'match',
]);

/** A character that stands where the bytes of a form or a query string were not UTF-8. */
const replacement = '\ufffd';

function requireUtf8(name: string, value: unknown): void {
  if (name.includes(replacement) || (typeof value === 'string' && value.includes(replacement)))
    throw new SnapshelfError(
      'text-not-utf8',
      `The field ${shown(name)} is not UTF-8 text: ${shown(value)}. Send it in UTF-8.`,
    );
}

/** Converts a field of a form or a query string to the value that a JSON body would have. Text that is not JSON stays, for the schema to refuse. */
function fieldValue(name: string, value: unknown, limits: JsonLimits): unknown {
  requireUtf8(name, value);
  if (typeof value !== 'string' || textFields.has(name)) return value;
  try {
    return readUserJson(Buffer.from(value), limits);
  } catch (error) {
    if ((error as Error).cause instanceof SyntaxError) return value;
    throw error;
  }
}

const parseFields = (fields: Readonly<Record<string, unknown>>, limits: JsonLimits): [string, unknown][] =>
  Object.entries(fields).map(([name, value]) => [name, fieldValue(name, value, limits)]);

function bodyFields({ json, form }: RawRequest, bytes: number, limits: JsonLimits): [string, unknown][] {
  if (form !== undefined) return parseFields(form, limits);
  if (json === undefined) return [];
  const body = readUserJson(json, { ...limits, bytes });
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return Object.entries(body);
  throw new SnapshelfError('request-invalid', 'The body must be a JSON object.');
}

/** Checks that no field stands in the query string and in the body: one of them would be ignored. */
function requireOnce(
  inQuery: readonly (readonly [string, unknown])[],
  inBody: readonly (readonly [string, unknown])[],
): void {
  const names = new Set(inBody.map(([name]) => name));
  const twice = inQuery.filter(([name]) => names.has(name)).slice(0, maxProblems);
  if (twice.length === 0) return;
  const errors = twice.map(([name, value]) => ({
    field: name.slice(0, 200),
    message: `Sent in the query string (${shown(value)}) and in the body`,
  }));
  const named = twice.map(([name]) => shown(name)).join(', ');
  throw new SnapshelfError(
    'request-invalid',
    `Sent in the query string and in the body: ${named}. Send each field once.`,
    { details: { errors } },
  );
}

/**
 * Reads and checks the fields of a request: those of its query string, and those of its form or JSON body. They are
 * counted before they become objects.
 * @throws SnapshelfError `request-invalid`, `body-too-large`.
 * @throws ZodError for a field that the schema refuses.
 */
export function parseRequest<K extends RequestKind>(
  kind: K,
  raw: RawRequest,
  limits: Limits,
): RequestFields[K] {
  const { bytes, fieldBytes, json } = bodyLimitsOf(limits)[kind];
  const inField = { ...json, bytes: fieldBytes };
  const inQuery = parseFields(raw.query, inField);
  const inBody = bodyFields(raw, bytes, inField);
  requireOnce(inQuery, inBody);
  return checkFields(kind, Object.fromEntries([...inQuery, ...inBody]), limits);
}
