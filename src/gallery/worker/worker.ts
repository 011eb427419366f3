import type { Logger } from '../../log.ts';
import { serve } from '../../threads/index.ts';
import { ShardThreads } from '../ann/shard-threads.ts';
import type { GallerySetup, LogNotice, Operations } from '../api/operations.ts';
import { ScanThreads } from '../memory/scan-threads.ts';
import { DataFolder } from './data-folder.ts';
import { handlersFor } from './handlers.ts';
import { Scheduler } from './scheduler.ts';

// The main module of a gallery's thread; see api/gallery.ts.

/** Time without a search or a write after which large indexes and vectors are saved. */
const idleMs = 5000;

/** Makes a logger that writes through the thread's owner, and names the request whose work is being done. */
function logThrough(notify: (notice: LogNotice) => void, request: () => string | undefined): Logger {
  const at =
    (level: keyof Logger) =>
    (message: string, fields = {}): void => {
      const id = request();
      notify({ level, message, fields: id === undefined ? fields : { id, ...fields } });
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

await serve<Operations, undefined, LogNotice>((setup: GallerySetup, notify) => {
  let scheduler: Scheduler | undefined;
  const log = logThrough(notify, () => scheduler?.request);
  const scanThreads = new ScanThreads(setup.scanThreads, log);
  const indexThreads =
    setup.indexThreads > 0 ? new ShardThreads(setup.indexThreads, () => scheduler?.wake()) : undefined;
  const folder = new DataFolder({ ...setup, log, scanThreads, shardHosts: indexThreads });
  const started = new Scheduler(folder);
  scheduler = started;
  let lastUsed = performance.now();
  const timer = setInterval(() => {
    if (performance.now() - lastUsed < idleMs) return;
    folder.saveInIdleTime();
    started.wake();
  }, 1000);
  started.wake();
  return {
    handlers: handlersFor(folder, started, () => {
      lastUsed = performance.now();
    }),
    ready: undefined,
    close: async () => {
      clearInterval(timer);
      started.stop();
      try {
        await scanThreads.close();
        folder.close();
      } finally {
        await indexThreads?.close();
      }
    },
  };
});
