import { setPriority } from 'node:os';

/** Niceness below the threads that serve requests, which then get a core at once if they have something to do. */
const nice = 5;

/** Lowers the priority of this thread. On Linux it belongs to a thread; elsewhere it would be that of the whole process. */
export function lowerPriority(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, nice);
  } catch {
    // A system that does not allow it runs all threads alike.
  }
}
