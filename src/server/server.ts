import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { EmbedderOptions } from '../embed/index.ts';
import { type Logger, silentLogger } from '../log.ts';
import { Retriever } from '../retrieval/index.ts';
import { createApp } from './app.ts';
import type { Readiness } from './routes/health.ts';
import { startingApp } from './starting.ts';
import type { UploadLimits } from './uploads.ts';

export interface ServerOptions {
  /** The data folder. */
  readonly data: string;
  /** Path of the model for new collections. */
  readonly model?: string | undefined;
  /** Default 127.0.0.1: only this machine. */
  readonly host?: string | undefined;
  /** Default 3000; 0 takes a free one. */
  readonly port?: number | undefined;
  readonly embed?: EmbedderOptions | undefined;
  readonly limits?: Partial<UploadLimits> | undefined;
  readonly log?: Logger | undefined;
}

/** A server that listens. */
export interface RunningServer {
  /** `http://host:port`. */
  readonly url: string;
  /** Resolves when models and indexes are loaded; rejects when a model does not start. */
  readonly ready: Promise<void>;
  /** Takes no new connections, lets what is in flight finish (10 s at most), saves and ends everything. */
  close(): Promise<void>;
}

const drainMs = 10_000;

async function listen(server: Server, host: string, port: number): Promise<string> {
  server.headersTimeout = 10_000;
  server.requestTimeout = 60_000;
  server.keepAliveTimeout = 65_000;
  server.listen(port, host);
  await once(server, 'listening');
  const { port: taken } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${taken}`;
}

async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A connection that is kept alive becomes idle only when its answer is sent.
  const idle = setInterval(() => server.closeIdleConnections(), 50);
  const late = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

/**
 * Serves a data folder. The port is open at once; until the gallery is loaded everything but `/health/live` answers
 * `not-ready`. Throws `gallery-locked` when another process has the folder, `gallery-damaged`, the model's errors, or
 * Node's error when the port is taken.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { data, model, host = '127.0.0.1', port = 3000, embed, limits, log = silentLogger } = options;
  let handle: RequestListener = startingApp();
  let readiness: Readiness = { ready: false, waitingFor: 'the models' };
  const server = createServer((request, response) => handle(request, response));
  const url = await listen(server, host, port);
  const retriever = await Retriever.open(data, { model, embed, log }).catch(async (error: unknown) => {
    await drain(server);
    throw error;
  });
  handle = createApp({ retriever, log, limits, readiness: () => readiness });
  const ready = retriever.warm().then(() => {
    readiness = { ready: true };
  });
  ready.catch((error: unknown) => {
    readiness = { ready: false, waitingFor: `a model that does not start: ${(error as Error).message}` };
    log.error('a model does not start', { error });
  });
  const note = join(data, 'server.json');
  await writeFile(note, JSON.stringify({ pid: process.pid, url }));
  const close = async (): Promise<void> => {
    readiness = { ready: false, waitingFor: 'nothing: the server is shutting down' };
    await drain(server);
    await rm(note, { force: true });
    await retriever.close();
  };
  return { url, ready, close };
}

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
    await server.ready;
    options.log?.info('ready', { url: server.url });
    await options.onReady?.(server.url);
    await stop;
  } finally {
    await server.close();
  }
}
