import { readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';

/** Features of a CPU that matter to inference. A feature is undefined if the system does not report it (only Linux does). */
export interface CpuInfo {
  readonly model: string;
  /** Threads that this process may use. */
  readonly threads: number;
  readonly avx2: boolean | undefined;
  readonly avx512: boolean | undefined;
  /** Integer dot products (AVX512-VNNI or AVX-VNNI): int8 models are fast and exact only with them. */
  readonly vnni: boolean | undefined;
}

/** Returns the instruction sets that the text of `/proc/cpuinfo` lists for the first core, or undefined if it lists none. */
export function parseCpuFlags(cpuinfo: string): ReadonlySet<string> | undefined {
  const flags = /^flags\s*:\s*(.*)$/m.exec(cpuinfo)?.[1];
  return flags === undefined ? undefined : new Set(flags.split(' '));
}

function readCpuFlags(): ReadonlySet<string> | undefined {
  try {
    return parseCpuFlags(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return undefined; // no /proc: every feature is reported as unknown
  }
}

/** Reads the features of the CPU that this process runs on. */
export function readCpuInfo(): CpuInfo {
  const flags = readCpuFlags();
  const has = (...names: string[]): boolean | undefined => flags && names.some((name) => flags.has(name));
  return {
    model: cpus()[0]?.model ?? 'unknown',
    threads: availableParallelism(),
    avx2: has('avx2'),
    avx512: has('avx512f'),
    vnni: has('avx512_vnni', 'avx_vnni'),
  };
}
