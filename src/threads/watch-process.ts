import { type ChildProcess, execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** Bounds of a process: it is killed when it exceeds one. */
export interface ProcessLimits {
  readonly seconds: number;
  /** Resident memory, MiB. Not watched on Windows. */
  readonly megabytes: number;
}

const lookEveryMs = 100;

/** Kills a process that exceeds its limits, and reports which one. Returns a function that ends the watch. */
export function watchProcess(
  child: ChildProcess,
  { seconds, megabytes }: ProcessLimits,
  onKilled: (why: string) => void,
): () => void {
  const kill = (why: string): void => {
    onKilled(why);
    child.kill('SIGKILL');
  };
  const late = setTimeout(() => kill(`it took more than ${seconds} s`), 1000 * seconds);
  let looking = false;
  const look = async (): Promise<void> => {
    if (looking || child.pid === undefined) return;
    looking = true;
    const resident = await residentMegabytes(child.pid);
    looking = false;
    if (resident > megabytes) kill(`it took more than ${megabytes} MiB of memory`);
  };
  const timer = setInterval(() => void look(), lookEveryMs);
  return () => {
    clearTimeout(late);
    clearInterval(timer);
  };
}

/** The resident memory of a process, MiB; 0 where it cannot be known. */
async function residentMegabytes(pid: number): Promise<number> {
  try {
    if (process.platform === 'win32') return 0;
    if (process.platform === 'linux') {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024;
    }
    const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
    return Number(stdout) / 1024;
  } catch {
    return 0; // It has just ended.
  }
}
