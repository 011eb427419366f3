import { type ChildProcess, type ForkOptions, fork } from 'node:child_process';
import { deserializeError, type SnapshelfError } from '../errors.ts';
import type { FromProcess, ToProcess } from './serve-process.ts';
import { inheritedFlags } from './start-worker.ts';
import { type ProcessLimits, watchProcess } from './watch-process.ts';

/** Options of `runProcess`. */
export interface RunProcessOptions<N, Q, A> {
  /** The error for a process that ended without an outcome; `why` is a clause such as `it took more than 30 s`. */
  readonly died: (why: string) => SnapshelfError;
  /** Kills the process. */
  readonly signal?: AbortSignal | undefined;
  /** Kills the process when it exceeds them. */
  readonly limits?: ProcessLimits | undefined;
  readonly onNotice?: ((notice: N) => void) | undefined;
  /** Answers the questions of the process. */
  readonly onQuestion?: ((question: Q) => Promise<A>) | undefined;
  /** Flags of Node, such as `--max-old-space-size=2048`. */
  readonly flags?: readonly string[] | undefined;
  /** `advanced` carries typed arrays. Default `json`. */
  readonly serialization?: ForkOptions['serialization'];
}

/**
 * Does a task in a process of its own, which can be killed at any moment, as a thread cannot.
 * @param script from `mainModule`, of a module that calls `serveProcess`
 * @returns the result, after the process has ended
 * @throws the error of the task; `options.died`; the signal's reason.
 */
export async function runProcess<T, R, N = never, Q = never, A = never>(
  script: URL,
  task: T,
  options: RunProcessOptions<N, Q, A>,
): Promise<R> {
  const { signal, limits } = options;
  signal?.throwIfAborted();
  const child = fork(script, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: [...inheritedFlags(), ...(options.flags ?? [])],
    serialization: options.serialization ?? 'json',
  });
  let killed: string | undefined;
  const onKilled = (why: string): void => {
    killed = why;
  };
  const stopWatching = limits && watchProcess(child, limits, onKilled);
  const end = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', end, { once: true });
  try {
    const outcome = await converse(child, { task, seconds: limits?.seconds }, options);
    if (typeof outcome === 'function') return outcome() as R;
    signal?.throwIfAborted();
    throw options.died(killed ?? outcome);
  } finally {
    stopWatching?.();
    signal?.removeEventListener('abort', end);
    end();
  }
}

/** Resolves when the process has ended: with its outcome, or with the reason why there is none. */
function converse<N, Q, A>(
  child: ChildProcess,
  first: ToProcess,
  { onNotice, onQuestion }: RunProcessOptions<N, Q, A>,
): Promise<(() => unknown) | string> {
  // A process that has ended meanwhile is noticed by its end.
  const tell = (message: ToProcess): void => void child.send(message, () => {});
  return new Promise((resolve, reject) => {
    let outcome: (() => unknown) | undefined;
    child.on('message', (message: FromProcess) => {
      if ('notice' in message) onNotice?.(message.notice as N);
      else if ('question' in message)
        onQuestion?.(message.question as Q).then((answer) => tell({ answer }), reject);
      else outcome = outcomeOf(message);
    });
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, killedBy) => resolve(outcome ?? `it ended with ${killedBy ?? `code ${code}`}`));
    tell(first);
  });
}

function outcomeOf(
  message: Exclude<FromProcess, { notice: unknown } | { question: unknown }>,
): () => unknown {
  // JSON has no undefined: the outcome of work that returns nothing has neither key.
  if (!('error' in message)) return () => message.value;
  return () => {
    throw deserializeError(message.error);
  };
}
