import { examples } from './examples.ts';
import { type Html, html } from './html.ts';

interface Shown {
  readonly operationId: string;
  readonly 'x-level': string;
}

/** Characters of a picture in base64 that are shown. */
const shownCharacters = 24;

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Returns a body as it is shown: of a long text only the beginning. */
const shortened = (body: unknown): string =>
  JSON.stringify(body, (_key, value: unknown) =>
    typeof value === 'string' && value.length > 80 ? `${value.slice(0, shownCharacters)}...` : value,
  );

/** Shows the example of an operation as a command, or nothing if it has none. */
export function curlLine(base: string, path: string, method: string, operation: Shown): Html | undefined {
  const example = examples[operation.operationId];
  if (example === undefined) return undefined;
  const { path: inPath = {}, query = {}, body, form } = example;
  const url = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(inPath[name] ?? name));
  const search = new URLSearchParams(
    Object.entries(query).map(([key, value]): [string, string] => [key, String(value)]),
  );
  const parts = [
    'curl',
    method === 'get' ? '' : `-X ${method.toUpperCase()}`,
    operation['x-level'] === 'always' ? '' : '-H "X-Api-Key: $KEY"',
    body === undefined ? '' : `-H 'Content-Type: application/json' -d ${quoted(shortened(body))}`,
    ...Object.entries(form ?? {}).map(([name, value]) => `-F ${quoted(`${name}=${value}`)}`),
    quoted(`$HOST${base}${url}${search.size > 0 ? `?${search}` : ''}`).replace("'$HOST", '"$HOST"\''),
  ];
  return html`<pre><code>${parts.filter((part) => part !== '').join(' ')}</code></pre>`;
}
