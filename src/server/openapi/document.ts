import type { z } from 'zod';
import { type ErrorCode, errorCatalogue } from '../../errors.ts';
import { type JsonSchema, jsonSchemaOf } from '../../json/index.ts';
import { version } from '../../version.ts';
import { linesType } from '../http/send-lines.ts';
import { type Method, type Operation, operationsOf, type Path, paths } from '../operations/index.ts';
import type { Answer } from '../operations/operation.ts';
import { problemSchema } from '../operations/problem-schema.ts';
import { filterForm, itemId } from '../parsing/forms.ts';
import { defaultLimits, type Limits } from '../parsing/limits.ts';
import { errorsOf } from './errors-of.ts';
import { bodyOf, hasTag, parametersOf } from './request-parts.ts';

/** An OpenAPI 3.1 document. */
export interface OpenApi extends JsonSchema {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, JsonSchema>>>>;
}

/** Options of `openApiOf`. */
export interface OpenApiOptions {
  readonly limits: Limits;
  /** The path that the application is mounted at. Default `/`. */
  readonly base?: string | undefined;
  /** False leaves out the routes of evaluations. Default true. */
  readonly evaluations?: boolean | undefined;
  /** False leaves out the routes of webhooks. Default true. */
  readonly webhooks?: boolean | undefined;
}

const description = `Image search for a catalogue: send a photo, get the products that look like it.

Every request may bring an \`X-Request-Id\`; every answer has one. Errors are RFC 9457 problems: decide by their \`code\`.
Where the server asks for keys, send one in \`X-Api-Key\` or as \`Authorization: Bearer\`; \`x-level\` is the level that it needs.`;

/** Collects the parts that have a name. */
class Components {
  readonly schemas: Record<string, unknown> = {};
  readonly responses: Record<string, JsonSchema> = {};
  readonly #names = new Map<string, string>();

  /** Returns the JSON Schema of an answer, with references to the named ones. */
  of(schema: z.ZodType): JsonSchema {
    // An address of its own would move its references.
    const {
      $defs = {},
      $id: _,
      ...json
    } = moved(jsonSchemaOf(schema, 'output')) as JsonSchema & {
      readonly $defs?: Readonly<Record<string, JsonSchema>>;
    };
    for (const [name, part] of Object.entries($defs)) this.schemas[name] = part;
    const { id, ...own } = json;
    if (typeof id !== 'string') return json;
    this.schemas[id] = own;
    return { $ref: `#/components/schemas/${id}` };
  }

  /** Returns the reference to the answer of some errors of one status. */
  problem(status: number, codes: readonly ErrorCode[]): JsonSchema {
    const key = codes.join();
    const known = this.#names.get(key);
    const count = [...this.#names.values()].filter((name) => name.startsWith(`Problem${status}`)).length;
    const name = known ?? `Problem${status}${count === 0 ? '' : `-${count + 1}`}`;
    this.#names.set(key, name);
    this.responses[name] ??= {
      description: codes.map((code) => `\`${code}\`: ${errorCatalogue[code]}`).join('\n'),
      headers: requestId,
      content: {
        'application/problem+json': {
          schema: { allOf: [this.of(problemSchema), { properties: { code: { enum: codes } } }] },
        },
      },
    };
    return { $ref: `#/components/responses/${name}` };
  }
}

/** Makes references of one schema to those of the document. */
const moved = (schema: JsonSchema): JsonSchema =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));

const requestId = { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } };
const tagged = { ...requestId, ETag: { $ref: '#/components/headers/ETag' } };

function content(answer: Answer, components: Components): JsonSchema {
  if (answer === null) return {};
  if (!('mediaTypes' in answer))
    return { content: { 'application/json': { schema: components.of(answer) } } };
  const media = answer.mediaTypes.map((type) => [type, {}] as const);
  return {
    content: {
      ...(answer.json && { 'application/json': { schema: components.of(answer.json) } }),
      ...Object.fromEntries(media),
    },
  };
}

/** Adds the lines that a list may be asked for as. */
function withLines(answer: JsonSchema, { lines }: Operation, components: Components): JsonSchema {
  if (lines === undefined) return answer;
  const { content = {} } = answer as { readonly content?: JsonSchema };
  return {
    content: {
      ...content,
      // The sequence of the lines, as OpenAPI 3.2 says it of such media types.
      [linesType]: {
        schema: { type: 'array', items: components.of(lines), description: 'One entry a line.' },
      },
    },
  };
}

const holds = (answer: Answer, status: string): string => {
  if (answer !== null && 'mediaTypes' in answer) return answer.holds;
  return { 201: 'It is new.', 202: 'It is being done.', 204: 'It is done.' }[status] ?? 'The answer.';
};

function responses(path: Path, method: Method, operation: Operation, components: Components): JsonSchema {
  const isTagged = hasTag(method, operation);
  const isOfItem = operation.headers?.includes('If-Match') ?? false;
  const good = Object.entries(operation.answers).map(([status, answer]) => [
    status,
    {
      description: holds(answer, status),
      headers: answer !== null && (isTagged || isOfItem) ? tagged : requestId,
      ...withLines(content(answer, components), operation, components),
    },
  ]);
  const bad = [...errorsOf(path, method, operation)].map(([status, codes]) => [
    String(status),
    components.problem(status, codes),
  ]);
  const same = { description: 'It is what the client has already.', headers: tagged };
  return Object.fromEntries([...good, ...(isTagged ? [['304', same]] : []), ...bad]);
}

function described(
  path: Path,
  method: Method,
  operation: Operation,
  { limits }: OpenApiOptions,
  components: Components,
): JsonSchema {
  const { id, need, summary } = operation;
  const body = bodyOf(method, operation, limits);
  return {
    operationId: id,
    summary,
    'x-level': need,
    ...(need === 'always' && { security: [] }),
    parameters: parametersOf(path, method, operation, limits),
    ...(body && { requestBody: body }),
    responses: responses(path, method, operation, components),
  };
}

/** Makes the OpenAPI document from the table of operations. */
export function openApiOf(options: OpenApiOptions): OpenApi {
  const { base = '', evaluations = true, webhooks = true } = options;
  const components = new Components();
  const listed = paths.filter(
    (path) =>
      (evaluations || !path.includes('/evaluations')) && (webhooks || !path.startsWith('/v1/webhooks')),
  );
  const entries = listed.map((path) => {
    const methods = operationsOf(path).map(([method, operation]) => [
      method,
      described(path, method, operation, options, components),
    ]);
    return [path.replace(/:(\w+)/g, '{$1}'), Object.fromEntries(methods)] as const;
  });
  return {
    openapi: '3.1.1',
    info: { title: 'Snapshelf', version, description, license: { name: 'MIT', identifier: 'MIT' } },
    servers: [{ url: base === '' ? '/' : base }],
    security: [{ ApiKey: [] }, { Bearer: [] }],
    paths: Object.fromEntries(entries),
    components: {
      schemas: { ...components.schemas, Filter: filterForm, ItemId: itemId },
      responses: components.responses,
      headers: {
        RequestId: {
          description: 'The id of the request, as it was sent or made.',
          schema: { type: 'string' },
        },
        ETag: {
          description:
            'The tag of what is answered: it changes with it. That of an item is its revision, which If-Match takes.',
          schema: { type: 'string' },
        },
      },
      securitySchemes: {
        ApiKey: { type: 'apiKey', in: 'header', name: 'X-Api-Key' },
        Bearer: { type: 'http', scheme: 'bearer' },
      },
    },
  };
}

/** Returns the document under the default limits as it is committed. */
export const openApiText = (): string => `${JSON.stringify(openApiOf({ limits: defaultLimits }), null, 1)}\n`;
