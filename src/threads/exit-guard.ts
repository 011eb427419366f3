/**
 * ONNX Runtime's binding aborts the whole process (SIGABRT) when Node ends a thread inside a native call, which is what
 * `process.exit` does to every worker thread. So the process waits for such calls before it lets go: a number in shared
 * memory says how many requests a thread has not answered yet.
 */
export type BusyCount = Int32Array<SharedArrayBuffer>;

/** The longest wait of an exit for one thread, in milliseconds. */
const longestWaitMs = 10_000;

const guarded = new Set<BusyCount>();

function waitForAll(): void {
  for (const count of guarded) {
    const end = Date.now() + longestWaitMs;
    for (let busy = Atomics.load(count, 0); busy > 0 && Date.now() < end; busy = Atomics.load(count, 0))
      Atomics.wait(count, 0, busy, end - Date.now());
  }
}

/** A count of requests, 0 at first. */
export const newBusyCount = (): BusyCount => new Int32Array(new SharedArrayBuffer(4));

/** Counts a request. To be called by the owner of the thread, before it sends what leads to a native call. */
export function markBusy(count: BusyCount): void {
  Atomics.add(count, 0, 1);
}

/** Counts a request as done. To be called in the thread when the native call is over. */
export function markDone(count: BusyCount): void {
  Atomics.sub(count, 0, 1);
  Atomics.notify(count, 0);
}

/**
 * Counts all requests as done, those too that are still to come. To be called in the thread when it ends: an owner that waits
 * would not hear of its end.
 */
export function markEnded(count: BusyCount): void {
  Atomics.store(count, 0, -(2 ** 30));
  Atomics.notify(count, 0);
}

/** Makes the process wait for this thread when it exits. */
export function guardExit(count: BusyCount): void {
  if (guarded.size === 0) process.on('exit', waitForAll);
  guarded.add(count);
}

/** Undoes `guardExit`, when the thread has ended. */
export function releaseExit(count: BusyCount): void {
  guarded.delete(count);
  if (guarded.size === 0) process.off('exit', waitForAll);
}
