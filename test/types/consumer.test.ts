// slow: runs the compiler
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';

// A project of somebody else: the packed declarations, and of the other packages only those that come with it.
const folder = mkdtempSync(join(tmpdir(), 'snapshelf-consumer-'));
const modules = join(folder, 'node_modules');
after(() => rmSync(folder, { recursive: true, force: true }));

const source = `
import { createServer } from 'node:http';
import * as snapshelf from 'snapshelf';
import { SnapshelfClient } from 'snapshelf/client';
import * as evaluate from 'snapshelf/evaluate';
import * as exporting from 'snapshelf/export';
import * as onnx from 'snapshelf/onnx';
import { createApp } from 'snapshelf/server';
import * as train from 'snapshelf/train';

export async function run(image: Uint8Array): Promise<string | undefined> {
  const retriever = await snapshelf.Retriever.open('data', { model: 'model.onnx' });
  createServer(createApp({ retriever }));
  const { hits } = await retriever.search('shop', { image }, { k: 8 });
  return hits[0]?.item.id;
}
export async function ask(photo: File): Promise<readonly string[]> {
  const client = new SnapshelfClient('http://127.0.0.1:3000', { key: 'k' });
  // @ts-expect-error: k is a number.
  await client.search('shop', { image: photo, k: '8' });
  const { results } = await client.search('shop', { image: photo, k: 8, filter: { field: 'metadata.price', lt: 20 } });
  return results.map(({ item }) => item.productId);
}
export const rooms = [evaluate, exporting, onnx, train];
`;

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

function link(name: string, from: string): void {
  mkdirSync(dirname(join(modules, name)), { recursive: true });
  symlinkSync(from, join(modules, name), 'junction');
}

before(() => {
  const own = join(modules, 'snapshelf');
  mkdirSync(own, { recursive: true });
  cpSync(join(repositoryRoot, 'package.json'), join(own, 'package.json'));
  for (const path of readdirSync(join(repositoryRoot, 'dist/src'), { recursive: true, encoding: 'utf8' }))
    if (path.endsWith('.d.ts')) cpSync(join(repositoryRoot, 'dist/src', path), join(own, 'dist/src', path));
  const { dependencies } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as Manifest;
  for (const name of [...Object.keys(dependencies), '@types/node'])
    link(name, join(repositoryRoot, 'node_modules', name));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'use.ts'), source);
});

/** Compiles the project strictly, the declarations of its dependencies too. Returns the complaints. */
function compile(compiler: string, moduleResolution: 'nodenext' | 'bundler'): string {
  const typescript = dirname(createRequire(import.meta.url).resolve(`${compiler}/package.json`));
  const module = moduleResolution === 'bundler' ? 'esnext' : 'nodenext';
  const flags = ['--target', 'es2023', '--module', module, '--moduleResolution', moduleResolution];
  const { stdout } = spawnSync(
    process.execPath,
    [join(typescript, 'bin/tsc'), '--strict', '--noEmit', '--types', 'node', ...flags, 'use.ts'],
    { cwd: folder, encoding: 'utf8' },
  );
  return stdout;
}

// How a path is resolved does not depend on the version: the oldest, which takes the longest, is asked once.
for (const [compiler, resolution] of [
  ['typescript', 'nodenext'],
  ['typescript', 'bundler'],
  ['typescript-oldest', 'nodenext'],
] as const)
  test(`the types hold for a project with ${compiler} and ${resolution}`, () => {
    assert.equal(compile(compiler, resolution), '');
  });

test('a declaration that needs a package which is not installed is found', () => {
  rmSync(join(modules, 'zod'), { recursive: true });
  assert.match(compile('typescript', 'nodenext'), /'zod'/);
});
