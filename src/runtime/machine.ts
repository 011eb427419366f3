import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { version } from '../version.ts';

/** The program and the machine that it runs on, for the record. */
export interface Machine {
  /** Snapshelf's version. */
  readonly version: string;
  /** The commit of Snapshelf's own checkout; null if it was installed from a registry or there is no git. */
  readonly commit: string | null;
  /** Node's version. */
  readonly node: string;
  readonly cpu: string;
  /** Threads that run at once. */
  readonly cores: number;
  readonly memoryGiB: number;
}

const packageRoot = fileURLToPath(new URL('../../../', import.meta.url));

function commit(): string | null {
  if (!existsSync(`${packageRoot}.git`)) return null;
  try {
    const git = ['-C', packageRoot, 'rev-parse', 'HEAD'];
    return execFileSync('git', git, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

/** Names the graphics card that CUDA takes first, as NVIDIA's driver does; null if there is none that it names. */
export function firstGpu(): string | null {
  const [chosen = '0'] = (process.env['CUDA_VISIBLE_DEVICES'] || '0').split(',');
  const query = ['--query-gpu=name', '--format=csv,noheader', `--id=${chosen}`];
  try {
    const told = execFileSync('nvidia-smi', query, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
    return told.split('\n')[0]?.trim().slice(0, 200) || null;
  } catch {
    return null;
  }
}

/** Describes the program and the machine. */
export const thisMachine = (): Machine => ({
  version,
  commit: commit(),
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round((10 * totalmem()) / 2 ** 30) / 10,
});
