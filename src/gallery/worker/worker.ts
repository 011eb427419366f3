import type { Logger } from '../../log.ts';
import { serve } from '../../threads/index.ts';
import type { GallerySetup, LogNotice, Operations } from '../api/operations.ts';
import { DataFolder } from './data-folder.ts';
import { handlersFor } from './handlers.ts';
import { Scheduler } from './scheduler.ts';

// The main module of a gallery's thread; see api/gallery.ts.

/** Time without a search or a write after which a large index is saved, which blocks for seconds. */
const idleMs = 5000;

/** Makes a logger that writes through the thread's owner. */
function logThrough(notify: (notice: LogNotice) => void): Logger {
  const at =
    (level: keyof Logger) =>
    (message: string, fields = {}): void =>
      notify({ level, message, fields });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

await serve<Operations, undefined, LogNotice>((setup: GallerySetup, notify) => {
  const log = logThrough(notify);
  const folder = new DataFolder({ ...setup, log });
  const scheduler = new Scheduler(folder);
  let lastUsed = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - lastUsed >= idleMs) folder.saveInIdleTime();
  }, 1000);
  scheduler.wake();
  return {
    handlers: handlersFor(folder, scheduler, () => {
      lastUsed = performance.now();
    }),
    ready: undefined,
    close: () => {
      clearInterval(timer);
      scheduler.stop();
      folder.close();
    },
  };
});
