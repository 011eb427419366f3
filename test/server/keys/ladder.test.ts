import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { createApp, Evaluations, Keys, Webhooks } from '../../../src/server/index.ts';
import {
  type Method,
  type Need,
  operations,
  operationsOf,
  type Path,
} from '../../../src/server/operations/index.ts';
import { openApi, quietSender } from '../support.ts';

const levels = ['search', 'read', 'write', 'admin'] as const;
const rank = (need: Need): number => (need === 'always' ? -1 : levels.indexOf(need));

/** The headers of everybody who may ask, and the highest level that they have: -1 without a valid key. */
interface Asker {
  readonly headers: Readonly<Record<string, string>>;
  readonly rank: number;
  /** True for a key of a collection that is not asked for. */
  readonly elsewhere?: true;
  readonly status?: number;
}

async function makeAskers(keys: Keys): Promise<Map<string, Asker>> {
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const asOwn = (key: string) => ({ 'x-api-key': key });
  const askers = new Map<string, Asker>();
  const made: string[] = [];
  for (const [i, level] of levels.entries()) {
    const { key } = await keys.create({ level });
    made.push(key);
    askers.set(level, { headers: i % 2 === 0 ? bearer(key) : asOwn(key), rank: i });
    const { key: one } = await keys.create({ level, collections: ['nowhere'] });
    askers.set(`${level} of the collection`, { headers: bearer(one), rank: i });
    const { key: other } = await keys.create({ level, collections: ['elsewhere'] });
    askers.set(`${level} of another collection`, { headers: bearer(other), rank: i, elsewhere: true });
  }
  const [low = '', , , high = ''] = made;
  const { key: revoked, info } = await keys.create({ level: 'admin' });
  await keys.revoke(info.id);
  const { key: expired } = await keys.create({ level: 'admin', expiresAt: new Date(1_060_000) });
  askers.set('nobody', { headers: {}, rank: -1 });
  for (const [i, [name, key]] of Object.entries({ wrong: `${high}x`, revoked, expired, empty: '' }).entries())
    askers.set(name, { headers: i % 2 === 0 ? bearer(key) : asOwn(key), rank: -1 });
  askers.set('one key twice', { headers: { ...bearer(high), ...asOwn(high) }, rank: 3 });
  askers.set('two keys', { headers: { ...bearer(low), ...asOwn(high) }, rank: -1, status: 400 });
  askers.set('a key and another scheme', {
    headers: { authorization: 'Basic YTpi', ...asOwn(high) },
    rank: 3,
  });
  return askers;
}

const aboutAll: readonly string[] = ['/metrics', '/v1/backup', '/v1/problems'];

/** The statuses that say who may not: undefined where the request goes on to what it asks for. */
function refusalOf(path: string, need: Need, asker: Asker, name: string): number | undefined {
  if (need === 'always') return undefined;
  if (asker.rank === -1) return asker.status ?? 401;
  if (asker.rank < rank(need)) return 403;
  if (asker.elsewhere === true && path.includes(':collection')) return 403;
  const isAboutAll = aboutAll.includes(path) || path.startsWith('/v1/webhooks');
  return name.includes('collection') && isAboutAll ? 403 : undefined;
}

test('every route with every key: none, wrong, revoked, expired, too low, of another collection, two at once', async (t) => {
  const api = await openApi();
  const data = join(api.folder, 'data');
  const keys = await Keys.open(data);
  const evaluations = await Evaluations.open(data);
  const webhooks = await Webhooks.open(data, { sender: quietSender });
  const app = createApp({ retriever: api.retriever, evaluations, webhooks, keys, allow: 'admin' });
  const server = createServer(app);
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await webhooks.close();
    await evaluations.close();
    await keys.close();
    await api.close();
  });
  t.mock.timers.enable({ apis: ['Date'], now: 1_000_000 });
  const askers = await makeAskers(keys);
  t.mock.timers.tick(60_000);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = async (path: string, method: Method, headers: Asker['headers']) => {
    const url = path
      .replace(':collection', 'nowhere')
      .replace(':evaluation', '3f0c1b1e-0000-4000-8000-000000000000')
      .replace(/:\w+/g, 'one');
    // No route can act on it: the collection is not there, and the body is none that is taken.
    const sends = ['put', 'post', 'patch'].includes(method) && {
      body: '{"nonsense":1}',
      headers: { 'content-type': 'application/json', ...headers },
    };
    const answer = await fetch(`http://127.0.0.1:${port}${url}`, {
      method: method.toUpperCase(),
      headers,
      ...sends,
    });
    return { status: answer.status, text: await answer.text() };
  };
  const refusals = new Set<string>();
  const passed = new Map<string, number>();
  for (const path of Object.keys(operations) as Path[])
    for (const [method, { need }] of operationsOf(path))
      for (const [name, asker] of askers) {
        const { status, text } = await ask(path, method, asker.headers);
        const expected = refusalOf(path, need, asker, name);
        const what = `${method} ${path}, ${name}: ${status} ${text.slice(0, 200)}`;
        // A backup may still be ending.
        assert.ok(status < 500 || status === 503, what);
        if (expected !== undefined) assert.equal(status, expected, what);
        else {
          assert.ok(status !== 401 && status !== 403 && !/several keys/.test(text), what);
          passed.set(name, (passed.get(name) ?? 0) + 1);
        }
        if (status === 401) refusals.add(text.replace(/"instance":"[^"]*"/, ''));
        if (status === 403) assert.doesNotMatch(text, /not-found/, what);
      }
  assert.equal(refusals.size, 1);
  const count = (name: string): number => passed.get(name) ?? 0;
  for (const [i, level] of levels.entries())
    assert.ok(count(level) > count(levels[i - 1] ?? 'nobody'), `${level} opens more`);
});
