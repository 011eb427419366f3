import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { version } from '../../version.ts';
import type { Environment } from './evaluation-schema.ts';

const packageRoot = fileURLToPath(new URL('../../../../', import.meta.url));

/** The commit of the package's own checkout; null if it was installed from a registry or there is no git. */
function commit(): string | null {
  if (!existsSync(`${packageRoot}.git`)) return null;
  try {
    const git = ['-C', packageRoot, 'rev-parse', 'HEAD'];
    return execFileSync('git', git, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

/** Describes how and where an evaluation was computed. */
export const environmentOf = (
  { command, provider }: Pick<Environment, 'command' | 'provider'>,
  milliseconds: number,
): Environment => ({
  createdAt: new Date().toISOString(),
  seconds: Math.round(milliseconds) / 1000,
  command,
  version,
  commit: commit(),
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round((10 * totalmem()) / 2 ** 30) / 10,
  provider,
});
