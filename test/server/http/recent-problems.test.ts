import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { RecentProblems } from '../../../src/server/http/recent-problems.ts';
import { openApi } from '../support.ts';

test('the last 50 of each kind are kept, so that guesses of strangers push out no failure of the server', () => {
  const recent = new RecentProblems();
  const add = (n: number, status: number): void =>
    recent.add({
      time: new Date(n).toISOString(),
      status,
      code: status === 500 ? 'internal' : 'unauthorized',
      requestId: String(n),
      route: null,
    });
  for (let n = 0; n < 60; n += 1) add(n, 500);
  for (let n = 60; n < 1060; n += 1) add(n, 401);
  const listed = recent.list().map(({ requestId }) => Number(requestId));
  const newest = (first: number): number[] => Array.from({ length: 50 }, (_, i) => first - i);
  assert.deepEqual(listed, [...newest(1059), ...newest(59)]);
});

test('problems are listed with their route and request, and nothing of what was sent', async () => {
  const api = await openApi();
  const ask = request(api.app);
  await ask.get('/v1/collections/secret-name/items/secret-id').set('X-Api-Key', 'secret-key').expect(404);
  const { headers } = await ask.get('/secret-path?secret=1').expect(404);
  const { body } = await ask.get('/v1/problems').expect(200);
  assert.deepEqual(
    body.problems.map(({ status, code, route }: Record<string, unknown>) => [status, code, route]),
    [
      [404, 'route-not-found', null],
      [404, 'collection-not-found', 'GET /v1/collections/:collection/items/:id'],
    ],
  );
  assert.equal(body.problems[0].requestId, headers['x-request-id']);
  assert.doesNotMatch(JSON.stringify(body), /secret/);
  await api.close();
});
