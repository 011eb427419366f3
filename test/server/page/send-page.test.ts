import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import express from 'express';
import request from 'supertest';
import { type Api, openApi } from '../support.ts';

let api: Api;
before(async () => {
  api = await openApi({ allow: 'search' });
});
after(() => api.close());

test('a browser gets the page, a program the list of routes', async () => {
  const page = await request(api.app).get('/').set('Accept', 'text/html,*/*;q=0.8');
  assert.match(page.headers['content-type'] ?? '', /^text\/html/);
  assert.equal(page.headers['vary']?.includes('Accept'), true);
  for (const accept of ['*/*', 'application/json'])
    assert.equal((await request(api.app).get('/').set('Accept', accept)).body.name, 'snapshelf');
});

test('the page runs only its own files, which it names relatively and which never change', async () => {
  const page = await request(api.app).get('/').set('Accept', 'text/html');
  const policy = page.headers['content-security-policy'] ?? '';
  assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'; /);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, file]) => file ?? '');
  assert.ok(files.length >= 3);
  for (const file of files) {
    assert.match(file, /^\.\/assets\/[\w.-]+$/);
    const asset = await request(api.app).get(file.slice(1));
    assert.equal(asset.status, 200, file);
    assert.match(asset.headers['cache-control'] ?? '', /immutable/);
  }
  assert.doesNotMatch(page.text, /<style|<script>|style="/);
});

test('the page is not sent again to who has it, and no other file of the folder is sent', async () => {
  const page = await request(api.app).get('/').set('Accept', 'text/html');
  const etag = page.headers['etag'] ?? '';
  const again = await request(api.app).get('/').set('Accept', 'text/html').set('If-None-Match', etag);
  assert.equal(again.status, 304);
  for (const path of ['index.html', '..%2Findex.html', '..%2F..%2Fserver%2Findex.js', 'none.js'])
    assert.equal((await request(api.app).get(`/assets/${path}`)).status, 404, path);
});

test('where the API is mounted, the address without a slash leads to the page', async () => {
  const shop = express().use('/find', api.app);
  const moved = await request(shop).get('/find?x=1').set('Accept', 'text/html');
  assert.deepEqual([moved.status, moved.headers['location']], [308, '/find/?x=1']);
  assert.equal((await request(shop).get('/find/').set('Accept', 'text/html')).status, 200);
});
