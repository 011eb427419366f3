// slow: starts processes
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';
import { s3Address } from '../src/engines/pictures/s3-address.ts';
import { parseAddress } from '../src/engines/postgres/postgres-address.ts';
import { Retriever } from '../src/index.ts';
import { stripes } from './support/pictures.ts';
import { repositoryRoot } from './support/repository.ts';
import { writeTinyModel } from './support/tiny-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-examples-'));
const data = join(folder, 'data');

before(async () => {
  const model = join(folder, 'tiny.onnx');
  await writeTinyModel(model);
  await using retriever = await Retriever.open(data, { model });
  await retriever.createCollection('shop');
  await retriever.add('shop', [
    { id: 'a', productId: 'sku-1', image: await stripes(10, 5) },
    { id: 'b', productId: 'sku-2', image: await stripes(190, 11) },
  ]);
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface Found {
  readonly results: readonly { readonly item: { readonly links: { readonly image: string } } }[];
}

test('own-backend.ts answers on a route of its own and lets strangers search beside it', {
  timeout: 60_000,
}, async (t) => {
  const script = join(repositoryRoot, 'dist', 'examples', 'own-backend.js');
  const child = spawn(process.execPath, [script, data], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const url = `http://127.0.0.1:${/\d+$/.exec(line)?.[0]}`;
  const photo = new FormData();
  photo.set('photo', new Blob([new Uint8Array(await stripes(190, 11))]), 'photo.jpg');
  const similar = await (await fetch(`${url}/similar`, { method: 'POST', body: photo })).json();
  assert.equal((similar as { sku: string }[])[0]?.sku, 'sku-2');
  const api = `${url}/snapshelf/v1/collections`;
  assert.equal((await fetch(api)).status, 403, 'a stranger lists nothing');
  assert.equal((await fetch(`${api}/shop`, { method: 'DELETE' })).status, 403, 'and deletes nothing');
  const body = JSON.stringify({ itemId: 'a', group: 'item' });
  const headers = { 'content-type': 'application/json' };
  const found = await (await fetch(`${api}/shop/search`, { method: 'POST', body, headers })).json();
  const { links } = (found as Found).results[0]?.item ?? {};
  assert.equal((await fetch(url + links?.image)).headers.get('content-type'), 'image/jpeg');
  child.kill('SIGTERM');
  assert.deepEqual(await once(child, 'close'), [0, null]);
});

test('the compose file of Postgres has the settings of the recipe, and names only what is there', () => {
  const text = readFileSync(join(repositoryRoot, 'examples/postgres/compose.yaml'), 'utf8');
  const { services, volumes } = parse(text, { merge: true });
  assert.deepEqual(Object.keys(services), ['primary', 'replica', 'bucket', 'one', 'two']);
  for (const [name, { volumes: used = [], depends_on: needed = [] }] of Object.entries<
    Record<string, string[]>
  >(services)) {
    for (const volume of used)
      assert.ok(volume.startsWith('./') || (volume.split(':')[0] ?? '') in volumes, `${name}: ${volume}`);
    for (const other of needed) assert.ok(other in services, `${name}: ${other}`);
  }
  const recipe = readFileSync(join(repositoryRoot, 'docs/postgres.md'), 'utf8');
  const settings = /<<END\n(.*?)END/s.exec(recipe)?.[1] ?? '';
  for (const [, name, value] of services.primary.command.matchAll(/-c (\w+)=(\w+)/g))
    assert.match(settings, new RegExp(`^${name} = ${value}$`, 'm'));
  const basebackup = /pg_basebackup -D \S+ (-R .*?) -d/;
  assert.equal(basebackup.exec(services.replica.entrypoint)?.[1], basebackup.exec(recipe)?.[1]);
  const synchronous = /synchronous_standby_names = '(\w+)'/;
  const allowed = readFileSync(join(repositoryRoot, 'examples/postgres/allow-replication.sh'), 'utf8');
  assert.equal(synchronous.exec(allowed)?.[1], synchronous.exec(recipe)?.[1]);
  assert.ok(services.replica.entrypoint.includes(`application_name=${synchronous.exec(recipe)?.[1]}`));
  const { peerDependencies } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
  for (const name of ['one', 'two']) {
    assert.ok(
      existsSync(join(repositoryRoot, 'examples/postgres', services[name].build.context, 'Dockerfile')),
    );
    const clients = services[name].build.args.CLIENTS.split(' ');
    for (const client of clients) {
      const [packageName, version] = client.split('@');
      assert.ok(peerDependencies[packageName].startsWith(`^${version}.`), client);
    }
    assert.match(services[name].environment.SNAPSHELF_KEY, /^[\x21-\x7e]{32,512}$/);
    const { SNAPSHELF_ENGINE: engine, SNAPSHELF_PICTURE_STORE: store } = services[name].environment;
    assert.deepEqual(
      parseAddress(engine).hosts.map(({ host }) => host),
      ['primary', 'replica'],
    );
    assert.equal(s3Address(store, services[name].environment).base, 'http://bucket:7070/shop/');
  }
});
