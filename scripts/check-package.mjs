// Packs the package and checks the tarball: publint (files, exports, formats) and attw (types as TypeScript resolves them).
//   npm run check-package
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'snapshelf-package-'));
const run = (command, ...args) => {
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) process.exitCode = 1;
};
try {
  run('npm', 'pack', '--ignore-scripts', '--silent', '--pack-destination', folder);
  for (const name of readdirSync(folder)) {
    run('npx', '--no-install', 'publint', 'run', join(folder, name), '--strict');
    // Only ES modules are published, and only for resolution by `exports`.
    run('npx', '--no-install', 'attw', join(folder, name), '--profile', 'esm-only', '--format', 'ascii');
  }
} finally {
  rmSync(folder, { recursive: true });
}
