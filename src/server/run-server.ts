import { type ServerOptions, startServer } from './server.ts';

/** Options of `runServer`. */
export interface RunOptions extends ServerOptions {
  /** Called with the address when everything is loaded. */
  readonly onReady?: ((url: string) => void | Promise<void>) | undefined;
}

/**
 * Serves until SIGTERM or SIGINT, then closes and returns; a second signal ends the process at once with exit code 1.
 */
export async function runServer(options: RunOptions): Promise<void> {
  const server = await startServer(options);
  options.log?.info(`listening on ${server.url}`);
  const stop = new Promise<void>((resolve) => {
    let asked = false;
    const onSignal = (): void => {
      if (asked) process.exit(1);
      asked = true;
      resolve();
    };
    process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  });
  try {
    const isReady = await Promise.race([server.ready.then(() => true), stop.then(() => false)]);
    if (isReady) options.log?.info('ready', { url: server.url });
    if (isReady) await options.onReady?.(server.url);
    await stop;
  } finally {
    await server.close();
  }
}
