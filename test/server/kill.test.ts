// slow: starts processes
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { stripes } from '../support/pictures.ts';
import { writeTinyModel } from '../support/tiny-model.ts';
import { type ServerProcess, startProcess } from './child.ts';

// The torture run (scenario `kills`) does this for as long as one likes.
const rounds = 3;
const writers = 4;
const ids = Array.from({ length: 40 }, (_, i) => `shelf/${i}`);
const folder = mkdtempSync(join(tmpdir(), 'snapshelf-kill-'));
const data = join(folder, 'data');
const model = join(folder, 'tiny.onnx');
const collection = '/v1/collections/shop';
let pictures: Buffer[];

before(async () => {
  await writeTinyModel(model);
  pictures = await Promise.all(Array.from({ length: 12 }, (_, i) => stripes(30 * i, 3 + i)));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The number of an item's version, or undefined where it is deleted. */
type Version = number | undefined;

/**
 * What may be found of each id: the version acknowledged last and those sent since, whose acknowledgement the kill
 * may have cut off.
 */
class Ledger {
  readonly #possible = new Map<string, Set<Version>>(ids.map((id) => [id, new Set([undefined])]));

  send(id: string, version: Version): void {
    this.of(id).add(version);
  }

  acknowledge(id: string, version: Version): void {
    this.#possible.set(id, new Set([version]));
  }

  of(id: string): Set<Version> {
    return this.#possible.get(id) ?? new Set();
  }
}

let version = 0;

async function write(url: string, id: string, ledger: Ledger): Promise<void> {
  const path = `${url}${collection}/items/${encodeURIComponent(id)}`;
  if (Math.random() < 0.2) {
    ledger.send(id, undefined);
    await fetch(path, { method: 'DELETE' });
    ledger.acknowledge(id, undefined);
    return;
  }
  version += 1;
  const sent = version;
  const body = new FormData();
  body.set('image', new Blob([new Uint8Array(pictures[sent % pictures.length] ?? [])]), 'p.jpg');
  body.set('metadata', JSON.stringify({ version: sent }));
  ledger.send(id, sent);
  const { status } = await fetch(path, { method: 'PUT', body });
  assert.ok(status === 200 || status === 201, `${status}`);
  ledger.acknowledge(id, sent);
}

/** Writes to the ids of one writer, one after the other, until the server is gone. */
async function writeUntilKilled(
  url: string,
  writer: number,
  ledger: Ledger,
  killed: AbortSignal,
): Promise<void> {
  const own = ids.filter((_, i) => i % writers === writer);
  while (!killed.aborted) {
    const id = own[Math.floor(Math.random() * own.length)] ?? '';
    try {
      await write(url, id, ledger);
    } catch (error) {
      if (error instanceof TypeError) return; // The connection broke: the kill.
      throw error;
    }
  }
}

interface Found {
  readonly id: string;
  readonly metadata: { readonly version: number };
}

/** Every item is one that may be there, none twice, and each can be found by what it looks like. */
async function check(url: string, ledger: Ledger): Promise<void> {
  const { items } = (await (await fetch(`${url}${collection}/items?limit=1000`)).json()) as {
    items: Found[];
  };
  const found = new Map(items.map(({ id, metadata }) => [id, metadata.version]));
  assert.equal(found.size, items.length, 'an item stands twice');
  for (const id of ids)
    assert.ok(
      ledger.of(id).has(found.get(id)),
      `${id}: found ${found.get(id)}, possible ${[...ledger.of(id)]}`,
    );
  for (const id of found.keys()) assert.ok(ids.includes(id), `${id} was never sent`);
  // What is there now is what the next round starts from, acknowledged or not.
  for (const id of ids) ledger.acknowledge(id, found.get(id));
  const response = await fetch(`${url}${collection}/search`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ vector: Array(32).fill(0.1), k: 1000, group: 'item' }),
  });
  const { results } = (await response.json()) as { results: { item: Found }[] };
  assert.deepEqual(results.map(({ item }) => item.id).sort(), [...found.keys()].sort());
}

test(`killed ${rounds} times in the middle of writes, the server loses nothing it acknowledged`, {
  timeout: 240_000,
}, async () => {
  const ledger = new Ledger();
  let server: ServerProcess = await startProcess(data, model);
  await fetch(server.url + collection, { method: 'PUT' });
  for (let round = 0; round < rounds; round += 1) {
    const killed = new AbortController();
    const { url } = server;
    const writing = Array.from({ length: writers }, (_, writer) =>
      writeUntilKilled(url, writer, ledger, killed.signal),
    );
    await setTimeout(50 + 400 * Math.random());
    await server.stop('SIGKILL');
    killed.abort();
    await Promise.all(writing);
    server = await startProcess(data, model);
    await check(server.url, ledger);
  }
  assert.ok(version > 3 * rounds, `only ${version} writes`);
  assert.equal(await server.stop('SIGTERM'), 0);
});
