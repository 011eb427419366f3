import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** A process that answers each line with a line. */
export interface LineProcess {
  /** Sends a line and gives the answer. Throws an Error when the process ends instead. */
  readonly ask: (line: string) => Promise<string>;
  readonly end: () => void;
}

/** Starts a process and waits for its first line. Throws an Error when it ends before. */
export async function startLineProcess(command: string, args: readonly string[]): Promise<LineProcess> {
  const child: ChildProcess = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  if (child.stdout === null || child.stdin === null) throw new Error(`${command} has no pipes`);
  const { stdin } = child;
  const failed = new Promise<never>((_, reject) => child.on('error', reject));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await Promise.race([lines.next(), failed]);
    if (done === true) throw new Error(`${command} ${args.join(' ')} ended`);
    return value;
  };
  await next();
  return {
    ask: (line) => {
      stdin.write(`${line}\n`);
      return next();
    },
    end: () => void child.kill(),
  };
}
