import { largestMetadata, noisyPng } from './large-data.ts';
import { photo } from './photo.ts';

/** A request, and the status that it is to be answered with. */
export interface Body {
  readonly name: string;
  readonly status: number;
  readonly send: (url: string) => Promise<Response>;
  /** Puts back what it changed; is not measured. */
  readonly afterwards?: (url: string) => Promise<void>;
}

/** What the bodies are made for. */
export interface Target {
  /** Path of an evaluation that is done. */
  readonly evaluation: string;
  /** Of the collections `shop`, `large` and `old`. */
  readonly dimension: number;
  /** Entries of the largest manifest; the collection `many` has their items. */
  readonly entries: number;
}

const MiB = 2 ** 20;
const shop = '/v1/collections/shop';
const item = `${shop}/items/new`;
const search = `${shop}/search`;
const evaluations = '/v1/collections/many/evaluations';

type Method = 'GET' | 'PUT' | 'POST';

function json(
  name: string,
  status: number,
  method: Method,
  path: string,
  body: string | Uint8Array<ArrayBuffer> | object,
): Body {
  const isText = typeof body === 'string' || body instanceof Uint8Array;
  const text = isText ? body : JSON.stringify(body);
  const headers = { 'content-type': 'application/json' };
  return { name, status, send: (url) => fetch(url + path, { method, headers, body: text }) };
}

const get = (name: string, path: string, accept = 'application/json'): Body => ({
  name,
  status: 200,
  send: (url) => fetch(url + path, { headers: { accept } }),
});

type Part = readonly [name: string, value: string | Uint8Array, file?: string];

function form(name: string, status: number, method: Method, path: string, parts: readonly Part[]): Body {
  const body = (): FormData => {
    const data = new FormData();
    for (const [field, value, file] of parts)
      if (typeof value === 'string') data.append(field, value);
      else data.append(field, new Blob([new Uint8Array(value)]), file ?? 'file');
    return data;
  };
  return { name, status, send: (url) => fetch(url + path, { method, body: body() }) };
}

const repeated = (part: string, bytes: number): string => part.repeat(Math.floor(bytes / part.length));

/** A filter of 10,000 values in nearly 256 KiB. */
function largestFilter(): object {
  const values = (list: number): string[] =>
    Array.from({ length: 1000 }, (_, at) => `value ${list}, ${String(at).padStart(9, '0')}`);
  return { or: Array.from({ length: 10 }, (_, list) => ({ field: 'metadata.k', in: values(list) })) };
}

const numbers = (length: number): number[] => Array.from({ length }, (_, at) => Math.sin(at) / 3);

const manifest = (entries: number, label = 'a label of usual length'): object[] =>
  Array.from({ length: entries }, (_, at) => ({
    id: `item-${at}`,
    split: at % 2 === 0 ? 'query' : 'gallery',
    label,
  }));

async function cancelAll(url: string): Promise<void> {
  const { evaluations: jobs } = (await (await fetch(url + evaluations)).json()) as {
    evaluations: { state: string; links: { self: string } }[];
  };
  for (const { state, links } of jobs)
    if (state === 'queued' || state === 'running') await fetch(url + links.self, { method: 'DELETE' });
}

/** Valid ones, at each limit. */
async function valid({ evaluation, dimension, entries }: Target): Promise<Body[]> {
  const large = noisyPng(20 * MiB);
  const small = await photo(1, 320, 240);
  const base64 = large.toString('base64');
  const metadata = largestMetadata();
  const batch = Array.from({ length: 64 }, (_, at) => ({ id: `batch-${at}`, file: `${at}`, metadata }));
  const files = batch.map(({ file }) => ['images', small, file] as const);
  const filter = largestFilter();
  const vector = numbers(dimension);
  const found = (collection: string, group: string): Body =>
    json(
      `search, k = 1,000, ${collection} metadata, ${group}`,
      200,
      'POST',
      `/v1/collections/${collection}/search`,
      { vector, k: 1000, group },
    );
  return [
    form('a photo, form', 200, 'POST', search, [['image', small, 'p.jpg']]),
    json('a photo, JSON', 200, 'POST', search, { image: Buffer.from(small).toString('base64') }),
    json('picture of 20 MiB, JSON: store', 201, 'PUT', item, { image: base64, metadata }),
    form('picture of 20 MiB, form: store', 200, 'PUT', item, [
      ['image', large, 'p.png'],
      ['metadata', JSON.stringify(metadata)],
    ]),
    json('picture of 20 MiB, JSON: search', 200, 'POST', search, { image: base64 }),
    form('picture of 20 MiB, form: search', 200, 'POST', search, [['image', large, 'p.png']]),
    json('picture of 20 MiB, JSON: embed', 200, 'POST', '/v1/embeddings', { image: base64 }),
    get('picture of 20 MiB: get', `${item}/image`),
    json('vector of the collection', 200, 'POST', search, { vector }),
    json('vector of 16,384 numbers, not of the collection', 400, 'POST', search, { vector: numbers(16_384) }),
    json('filter of 10,000 values in 256 KiB', 200, 'POST', search, { vector, filter }),
    form('filter of 10,000 values in 256 KiB, form', 200, 'POST', search, [
      ['vector', JSON.stringify(vector)],
      ['filter', JSON.stringify(filter)],
    ]),
    json('filter of 10,000 values, evaluation', 202, 'POST', evaluations, { query: filter, gallery: filter }),
    form('metadata at its limit, form', 200, 'PUT', item, [
      ['image', small, 'p.jpg'],
      ['metadata', JSON.stringify(metadata)],
    ]),
    form('batch of 64 with metadata at the limit', 200, 'POST', `${shop}/items/batch`, [
      ['items', JSON.stringify(batch)],
      ...files,
    ]),
    form('batch of 64, again', 200, 'POST', `${shop}/items/batch`, [
      ['items', JSON.stringify(batch)],
      ...files,
    ]),
    form('batch of 6 pictures of 20 MiB', 200, 'POST', `${shop}/items/batch`, [
      ...Array.from({ length: 6 }, (_, at) => ['images', large, `${at}`] as const),
    ]),
    json('plain JSON of 16 KiB', 400, 'PUT', shop, { metric: 'x'.repeat(16_000) }),
    {
      ...json(`manifest of ${entries} entries`, 202, 'POST', evaluations, { manifest: manifest(entries) }),
      afterwards: cancelAll,
    },
    {
      ...json('manifest of 32 MiB', 202, 'POST', evaluations, {
        manifest: manifest(Math.min(entries, 50_000), 'l'.repeat(512)),
      }),
      afterwards: cancelAll,
    },
    get('list of items with usual metadata', `${shop}/items?limit=1000`),
    get('list of 1,000 items without metadata', '/v1/collections/many/items?limit=1000'),
    get('list of items with the largest metadata', '/v1/collections/large/items?limit=1000'),
    get('list of items with metadata of earlier releases', '/v1/collections/old/items?limit=1000'),
    ...['item', 'product'].flatMap((group) => [found('large', group), found('old', group)]),
    get('list of items with ids of 512 characters', '/v1/collections/long/items?limit=1000'),
    ...['item', 'product'].map((group) => found('long', group)),
    get('one item with metadata of an earlier release', '/v1/collections/old/items/item-1'),
    get('list of evaluations', evaluations),
    get('evaluation', evaluation),
    get(`report of ${entries} queries, JSON`, `${evaluation}/report`),
    get(`report of ${entries} queries, page`, `${evaluation}/report`, 'text/html'),
    get('metrics', '/metrics'),
    get('collections', '/v1/collections'),
  ];
}

/** Entries of a batch with too long a label; what is said of them has as much to be looked through as can be. */
const unstorable = (count: number): { id: string; file: string; label: string }[] =>
  Array.from({ length: count }, (_, at) => ({
    id: `${'(/'.repeat(250)}a${at}`,
    file: `${at}`,
    label: 'x'.repeat(600),
  }));

/** Those that are to be refused. */
function hostile({ entries }: Target): Body[] {
  const put = (name: string, status: number, body: string | object): Body =>
    json(name, status, 'PUT', item, body);
  const ask = (name: string, status: number, body: string | object): Body =>
    json(name, status, 'POST', search, body);
  const evaluate = (name: string, status: number, body: string | object): Body =>
    json(name, status, 'POST', evaluations, body);
  const picture = Buffer.alloc(1000).toString('base64');
  return [
    put(
      '24 MB of empty arrays as metadata',
      400,
      `{"image":"${picture}","metadata":{"a":[${repeated('[],', 24e6)}[]]}}`,
    ),
    put(
      '24 MB of empty objects as metadata',
      400,
      `{"image":"${picture}","metadata":{"a":[${repeated('{},', 24e6)}{}]}}`,
    ),
    put(
      '128 KB of empty arrays as metadata',
      400,
      `{"image":"${picture}","metadata":{"a":[${repeated('[],', 128e3)}[]]}}`,
    ),
    ask('1.2 MB of 1e400 as a vector', 400, `{"vector":[${repeated('1e400,', 1.2e6)}1]}`),
    ask('100 KB of 1e400 as a vector', 400, `{"vector":[${repeated('1e400,', 98e3)}1]}`),
    ask('13 million numbers as a vector', 400, `{"vector":[${repeated('1,', 26e6)}1]}`),
    ask('16,384 texts as a vector', 400, { vector: Array(16_384).fill('x') }),
    ask('a number of 20 million digits', 400, `{"vector":[${'1'.repeat(20e6)}]}`),
    ask('a text of 28 million characters', 400, `{"itemId":"${'x'.repeat(27.5e6)}"}`),
    ask('a text of 9 million escapes', 400, `{"itemId":"${'\\n'.repeat(9e6)}"}`),
    ask('a key of 20 million characters', 400, `{"${'k'.repeat(20e6)}":1}`),
    ask('a key of 5 million escapes', 400, `{"${'\\u006b'.repeat(4.5e6)}":1}`),
    ask('a million fields', 400, `{${Array.from({ length: 1e6 }, (_, at) => `"k${at}":1`).join()}}`),
    ask('10,000 fields', 400, `{${Array.from({ length: 10_000 }, (_, at) => `"k${at}":1`).join()}}`),
    ask('nested 13 million deep', 400, `{"filter":${'['.repeat(13e6)}`),
    ask('nested 50,000 deep', 400, `{"filter":${'{"not":'.repeat(15_000)}`),
    ask('40 lists of 1,000 values', 400, {
      itemId: 'item-1',
      filter: { or: Array(40).fill({ field: 'label', in: Array(1000).fill('x') }) },
    }),
    ask('a base64 that is none, 26 MB', 400, { image: `${'A'.repeat(26e6)}%` }),
    ask('28 MB of white space', 400, `{${' '.repeat(27.5e6)}`),
    ask('28 MB of broken UTF-8', 400, new Uint8Array(27.5e6).fill(0xff)),
    evaluate('manifest of 10 million {}', 400, `{"manifest":[${repeated('{},', 30e6)}{}]}`),
    evaluate(`manifest of ${entries} {}`, 400, { manifest: Array(entries).fill({}) }),
    evaluate('manifest with a label of 31 MB', 400, {
      manifest: [{ id: 'item-1', split: 'query', label: 'x'.repeat(31e6) }],
    }),
    evaluate('800,000 ks', 400, { ks: Array(800_000).fill('x') }),
    form('metadata of 128 KB of empty arrays, form', 400, 'PUT', item, [
      ['image', Buffer.alloc(10), 'p.jpg'],
      ['metadata', `{"a":[${repeated('[],', 128e3)}[]]}`],
    ]),
    form('20 fields of 256 KB, form', 400, 'POST', search, [
      ...Array.from({ length: 20 }, (_, at) => [`f${at}`, `[${repeated('[],', 250e3)}[]]`] as const),
    ]),
    form('items of 4 MB of {}, batch', 400, 'POST', `${shop}/items/batch`, [
      ['images', Buffer.alloc(10), 'a'],
      ['items', `[${repeated('{},', 4e6)}{}]`],
    ]),
    form('batch of 1,000 entries for one picture', 400, 'POST', `${shop}/items/batch`, [
      ['images', Buffer.alloc(10), 'a'],
      ['items', JSON.stringify(unstorable(1000).map((entry) => ({ ...entry, file: 'a' })))],
    ]),
    form('batch of 64 of which none can be stored', 200, 'POST', `${shop}/items/batch`, [
      ['items', JSON.stringify(unstorable(64))],
      ...unstorable(64).map(({ file }) => ['images', Buffer.alloc(10), file] as const),
    ]),
    json('a plain body of 1 MB', 413, 'PUT', shop, { metric: 'x'.repeat(1e6) }),
    json('a JSON body for a batch', 415, 'POST', `${shop}/items/batch`, { items: [] }),
  ];
}

/** All of them: those that must work first. */
export async function bodies(target: Target): Promise<Body[]> {
  return [...(await valid(target)), ...hostile(target)];
}
