// slow: takes seconds
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { openApi } from '../support.ts';

// JSON.parse is replaced by one that tells how much it was given.
test('no large JSON is parsed on the main thread, in whatever way it comes', async () => {
  const api = await openApi();
  const server = createServer(api.app).listen(0);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/collections/shop`;
  const json = { 'content-type': 'application/json' };
  await fetch(url, { method: 'PUT', headers: json, body: '{}' });
  let largest = 0;
  const { parse } = JSON;
  JSON.parse = (text: string, ...rest: []) => {
    largest = Math.max(largest, text.length);
    return parse(text, ...rest);
  };
  try {
    const image = 'A'.repeat(2 ** 20);
    const bodies = [
      fetch(`${url}/items/a`, { method: 'PUT', headers: json, body: JSON.stringify({ image }) }),
      fetch(`${url}/search`, {
        method: 'POST',
        headers: json,
        body: `{"vector":[${'1,'.repeat(100_000)}1]}`,
      }),
    ];
    const form = new FormData();
    form.append('images', new Blob(['x']), 'a');
    form.append('items', `[${'{"id":"a"},'.repeat(50_000)}{}]`);
    bodies.push(fetch(`${url}/items/batch`, { method: 'POST', body: form }));
    const many = new FormData();
    for (let at = 0; at < 10; at += 1) many.append(`f${at}`, `[${'1,'.repeat(20_000)}1]`);
    bodies.push(fetch(`${url}/search`, { method: 'POST', body: many }));
    for (const { status } of await Promise.all(bodies)) assert.ok(status >= 400 && status < 500, `${status}`);
  } finally {
    JSON.parse = parse;
    server.close();
    server.closeAllConnections();
    await api.close();
  }
  assert.ok(largest < 50_000, `${largest} characters`);
});
