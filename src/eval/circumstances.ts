import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Circumstances } from './evaluation.ts';

/** What is known only where and when an evaluation runs. */
export interface Run {
  readonly version: string;
  readonly command: string;
  readonly provider: string;
  readonly milliseconds: number;
}

const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** The commit of the package's own checkout; null where it was installed from a registry or there is no git. */
function commit(): string | null {
  if (!existsSync(`${packageRoot}.git`)) return null;
  try {
    const git = ['-C', packageRoot, 'rev-parse', 'HEAD'];
    return execFileSync('git', git, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

/** How and where an evaluation was computed. */
export const circumstances = ({ version, command, provider, milliseconds }: Run): Circumstances => ({
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
