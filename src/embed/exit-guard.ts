/**
 * ONNX Runtime's binding aborts the whole process (SIGABRT) when Node ends a thread inside a native call, which is
 * what `process.exit` does to every worker thread. So the process waits for such calls before it lets go: a flag in
 * shared memory says whether one is under way.
 */
export type BusyFlag = Int32Array<SharedArrayBuffer>;

/** How long an exit waits for one thread at most, in milliseconds. */
const longestWaitMs = 10_000;

const guarded = new Set<BusyFlag>();

const waitForAll = (): void => {
  for (const flag of guarded) Atomics.wait(flag, 0, 1, longestWaitMs);
};

/** A flag that is up. */
export const newBusyFlag = (): BusyFlag => new Int32Array(new SharedArrayBuffer(4)).fill(1);

/** To be called by the owner of the thread, before it sends what leads to a native call. */
export function raise(flag: BusyFlag): void {
  Atomics.store(flag, 0, 1);
}

/** To be called in the thread when the native call is over. */
export function lower(flag: BusyFlag): void {
  Atomics.store(flag, 0, 0);
  Atomics.notify(flag, 0);
}

/** Makes the process wait for this flag when it exits. */
export function guardExit(flag: BusyFlag): void {
  if (guarded.size === 0) process.on('exit', waitForAll);
  guarded.add(flag);
}

/** Undoes `guardExit`, when the thread has ended. */
export function releaseExit(flag: BusyFlag): void {
  guarded.delete(flag);
  if (guarded.size === 0) process.off('exit', waitForAll);
}
