// Serves a data folder as a user that cannot write to it; run by read-only-folder.test.ts. Prints a status for each request.
import { startServer } from '../../src/server/index.ts';

const [data = '', model = ''] = process.argv.slice(2);
process.setgid?.(65_534);
process.setuid?.(65_534);
await using server = await startServer({ data, model, port: 0 });
await server.ready;
const shop = '/v1/collections/shop';
const asked: [method: string, path: string, body?: object][] = [
  ['GET', shop],
  ['GET', `${shop}/items/one/image`],
  ['POST', `${shop}/search`, { itemId: 'one' }],
  ['GET', '/health/ready'],
  ['DELETE', `${shop}/items/one`],
  ['PATCH', `${shop}/items/one`, { label: 'x' }],
  ['PUT', '/v1/collections/new', {}],
  ['POST', `${shop}/reindex`, {}],
  ['POST', `${shop}/evaluations`, {}],
];
const told: string[] = [];
for (const [method, path, body] of asked) {
  const sent = body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = await fetch(server.url + path, { method, ...sent });
  const { code = '' } = answer.ok ? {} : ((await answer.json()) as { readonly code?: string });
  told.push(`${method} ${answer.status} ${code}`.trim());
}
console.log(JSON.stringify(told));
