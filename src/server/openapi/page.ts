import { createHash } from 'node:crypto';
import type { JsonSchema } from '../../json/index.ts';
import { curlLine } from './curl-line.ts';
import type { OpenApi } from './document.ts';
import { Html, html } from './html.ts';
import { style } from './style.ts';

/** A page with the policy that lets it show, and nothing else. */
export interface Page {
  readonly text: string;
  readonly policy: string;
}

interface Media {
  readonly schema?: JsonSchema;
  readonly example?: unknown;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description?: string;
  readonly schema?: JsonSchema;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Response {
  readonly $ref?: string;
  readonly description?: string;
  readonly content?: Readonly<Record<string, Media>>;
}

interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly 'x-level': string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<Record<string, Response>>;
}

const nameOf = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

/** Names the type of a schema, with links to those that have a name. */
function typeOf(schema: JsonSchema): Html {
  const {
    $ref,
    type,
    items,
    anyOf,
    oneOf,
    allOf,
    enum: values,
    const: value,
    additionalProperties: rest,
  } = schema;
  if (typeof $ref === 'string') return html`<a href="#${nameOf($ref)}">${nameOf($ref)}</a>`;
  if (Array.isArray(values)) return html`${values.map((one) => JSON.stringify(one)).join(' | ')}`;
  if (value !== undefined) return html`${JSON.stringify(value)}`;
  if (Array.isArray(allOf)) return typeOf(allOf[0] as JsonSchema);
  const choices = anyOf ?? (type === undefined ? oneOf : undefined);
  if (Array.isArray(choices))
    return html`${choices.map((one: JsonSchema, at) => html`${at > 0 && ' | '}${typeOf(one)}`)}`;
  if (type === 'array') return html`list of ${items === undefined ? 'any' : typeOf(items as JsonSchema)}`;
  if (type === 'object' && typeof rest === 'object' && rest !== null && Object.keys(rest).length > 0)
    return html`object of ${typeOf(rest as JsonSchema)}`;
  return html`${Array.isArray(type) ? type.join(' | ') : ((type as string | undefined) ?? 'any')}`;
}

/** Lists the fields of an object, those of an object inside it too. */
function fields(schema: JsonSchema): Html {
  const { properties, required = [] } = schema as {
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly required?: readonly string[];
  };
  if (properties === undefined) return html`<p>${typeOf(schema)}</p>`;
  const rows = Object.entries(properties).map(
    ([name, field]) =>
      html`<tr><th scope="row"><code>${name}</code>${required.includes(name) && ' *'}</th><td>${typeOf(field)}</td>
<td>${field['description'] as string | undefined}${'properties' in field && fields(field)}</td></tr>`,
  );
  return html`<table>${rows}</table>`;
}

function parameters(all: readonly Parameter[]): Html | false {
  // Every operation has it, as the text at the top says.
  const listed = all.filter(({ name }) => name !== 'X-Request-Id');
  if (listed.length === 0) return false;
  const rows = listed.map(
    ({ name, in: place, description, schema, content }) =>
      html`<tr><th scope="row"><code>${name}</code></th><td>${place}</td>
<td>${typeOf(schema ?? content?.['application/json']?.schema ?? {})}</td><td>${description}</td></tr>`,
  );
  return html`<h4>Parameters</h4><table>${rows}</table>`;
}

const media = (content: Readonly<Record<string, Media>>, show: (schema: JsonSchema) => Html): Html[] =>
  Object.entries(content).map(
    ([type, { schema }]) => html`<p><code>${type}</code></p>${schema && show(schema)}`,
  );

function responses(
  listed: Readonly<Record<string, Response>>,
  all: Readonly<Record<string, Response>>,
): Html {
  const rows = Object.entries(listed).map(([status, given]) => {
    const { description = '', content = {} } =
      given.$ref === undefined ? given : (all[nameOf(given.$ref)] ?? {});
    const types = given.$ref === undefined && media(content, typeOf);
    return html`<tr><th scope="row">${status}</th><td>${description.split('\n').map((line) => html`${line}<br>`)}${types}</td></tr>`;
  });
  return html`<h4>Answers</h4><table>${rows}</table>`;
}

/** Makes the page of documentation from the document: one file, which needs nothing else. */
export function pageOf(document: OpenApi): Page {
  const { info, servers, components } = document as unknown as {
    readonly info: { readonly title: string; readonly version: string; readonly description: string };
    readonly servers: readonly { readonly url: string }[];
    readonly components: {
      readonly schemas: Readonly<Record<string, JsonSchema>>;
      readonly responses: Readonly<Record<string, Response>>;
    };
  };
  const base = servers[0]?.url.replace(/\/$/, '') ?? '';
  const sections = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods as unknown as Readonly<Record<string, Described>>).map(
      ([
        method,
        operation,
      ]) => html`<details id="${operation.operationId}"><summary><b>${method.toUpperCase()}</b>
<code>${path}</code> <span>${operation.summary}</span> <i>${operation['x-level']}</i></summary>
${curlLine(base, path, method, operation)}
${parameters(operation.parameters)}
${operation.requestBody && html`<h4>Body</h4>${media(operation.requestBody.content, fields)}`}
${responses(operation.responses, components.responses)}</details>`,
    ),
  );
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      html`<section id="${name}"><h3>${name}</h3><p>${schema['description'] as string | undefined}</p>${fields(schema)}</section>`,
  );
  const body = html`<main><h1>${info.title} ${info.version}</h1>
${info.description.split('\n\n').map((text) => html`<p>${text}</p>`)}
<p><a href="${base}/openapi.json">openapi.json</a></p>
<h2>Routes</h2>${sections}<h2>Schemas</h2>${schemas}</main>`;
  const hash = createHash('sha256').update(style).digest('base64');
  return {
    text: html`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${info.title}: HTTP API</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>${new Html(style)}</style></head><body>${body}</body></html>`
      .text,
    policy: `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  };
}
