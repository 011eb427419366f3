import { startServer } from './server.ts';
import type { ServerOptions } from './startup/server-options.ts';

/** Options of `runServer`. */
export interface RunOptions extends ServerOptions {
  /** Called with the URL when the port is open. */
  readonly onListening?: ((url: string) => void) | undefined;
  /** Called with the URL when everything is loaded. */
  readonly onReady?: ((url: string) => void | Promise<void>) | undefined;
}

/**
 * Serves a data folder until SIGTERM, SIGINT or SIGHUP, then closes the server. A second signal ends the process at once with
 * exit code 1.
 * @throws unknown as `startServer`; the error of a default model that does not start, or of a gallery whose threads die.
 * @example
 * ```ts
 * import { createLogger, runServer } from 'snapshelf/server';
 *
 * await runServer({ data: 'data', log: createLogger(), onReady: (url) => console.log(url) });
 * ```
 */
export async function runServer(options: RunOptions): Promise<void> {
  await using server = await startServer(options);
  options.log?.info(`listening on ${server.url}`);
  options.onListening?.(server.url);
  const stop = new Promise<void>((resolve) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, onSignal);
  });
  const isReady = await Promise.race([
    server.ready.then(() => true),
    stop.then(() => false),
    server.failed.then(() => false),
  ]);
  if (isReady) options.log?.info('ready', { url: server.url });
  if (isReady) await options.onReady?.(server.url);
  const failure = await Promise.race([stop, server.failed]);
  if (failure !== undefined) throw failure;
}
