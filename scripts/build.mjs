// Compiles src, test, benchmark and examples to dist (only what changed since the last build), builds the web page, bundles what threads,
// processes and the command line begin with, and makes `npx snapshelf` work in the checkout, as it does where the package is installed.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const main = join('dist', 'src', 'cli', 'main.js');
const bin = join('node_modules', '.bin', 'snapshelf');

if (process.argv.includes('--clean')) rmSync('dist', { recursive: true, force: true });
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
const { status } = spawnSync(process.execPath, [join(typescript, 'bin', 'tsc'), '-p', 'tsconfig.json'], {
  stdio: 'inherit',
});
if (process.platform !== 'win32' && existsSync(main)) {
  chmodSync(main, 0o755);
  if (!existsSync(bin)) {
    rmSync(bin, { force: true });
    symlinkSync(join('..', '..', main), bin);
  }
}
if (status === 0) {
  await import('./assemble-kernels.mjs');
  await import('./emit-schemas.mjs');
  await import('./build-page.mjs');
  await import('./bundle.mjs');
}
process.exit(status ?? 1);
