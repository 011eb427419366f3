import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Circumstances } from './evaluation.ts';

/** What is known only where and when an evaluation runs. */
export interface Run {
  readonly version: string;
  readonly command: string;
  readonly provider: string;
  readonly milliseconds: number;
}

/** How and where an evaluation was computed. */
export const circumstances = ({ version, command, provider, milliseconds }: Run): Circumstances => ({
  createdAt: new Date().toISOString(),
  seconds: Math.round(milliseconds) / 1000,
  command,
  version,
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round((10 * totalmem()) / 2 ** 30) / 10,
  provider,
});
