// Checks the types of the web page (src/page) and builds it into dist/src/page/site, from where the server sends it. Does nothing if no
// source of it is newer.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const source = join(root, 'src', 'page');
/** The client of the API, compiled before the page. */
const client = join(root, 'dist', 'src', 'client');
const out = join(root, 'dist', 'src', 'page', 'site');
const made = join(out, 'index.html');

const time = (path) => statSync(path).mtimeMs;
const timesBelow = (folder) =>
  readdirSync(folder, { recursive: true }).map((name) => time(join(folder, String(name))));
const newest = () =>
  Math.max(
    time(join(root, 'package-lock.json')),
    time(import.meta.filename),
    ...timesBelow(source),
    ...timesBelow(client),
  );

if (!existsSync(made) || time(made) < newest()) {
  const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
  const check = [join(typescript, 'bin', 'tsc'), '-p', source];
  const { status } = spawnSync(process.execPath, check, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  const { build } = await import('vite');
  await build({
    configFile: false,
    root: source,
    // Wherever the API is mounted.
    base: './',
    publicDir: false,
    resolve: { alias: { 'snapshelf/client': join(client, 'index.js') } },
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: out,
      emptyOutDir: true,
      target: ['chrome123', 'firefox128', 'safari17.5'],
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
  });
}
