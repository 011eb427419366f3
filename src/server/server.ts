import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { EmbedderOptions } from '../embed/index.ts';
import { type Logger, silentLogger } from '../log.ts';
import { Retriever } from '../retrieval/index.ts';
import { checkLevel, type Level } from './access/access.ts';
import { Hosts } from './access/hosts.ts';
import { Origins } from './access/origins.ts';
import { createApp, defaultRequestTimeoutMs } from './app.ts';
import { Evaluations } from './evaluations/evaluation-jobs.ts';
import type { Limits } from './parsing/limits.ts';
import { Loading } from './startup/loading.ts';
import { refusingApp, startingApp } from './startup/starting-app.ts';

export interface ServerOptions {
  /** The data folder. */
  readonly data: string;
  /** Path of the model for new collections. */
  readonly model?: string | undefined;
  /** What requests may do: see `AppOptions.allow`. Default `admin`: everything. */
  readonly allow?: Level | undefined;
  /**
   * Host names, besides `localhost` and `host`, that requests may be for; IP addresses always may. Every other Host is
   * answered 403 `host-not-allowed`, but for `/health/`. A TypeError for what is no name.
   */
  readonly allowHosts?: readonly string[] | undefined;
  /** Origins whose pages may use the API: see `AppOptions.corsOrigins`. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Default 127.0.0.1: only this machine. */
  readonly host?: string | undefined;
  /** Default 3000; 0 takes a free one. */
  readonly port?: number | undefined;
  readonly embed?: EmbedderOptions | undefined;
  /** How much a client may send; see `Limits` for the defaults. */
  readonly limits?: Partial<Limits> | undefined;
  /** Milliseconds for a request to arrive, and again for its work. Default 30,000. */
  readonly requestTimeoutMs?: number | undefined;
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
  [Symbol.asyncDispose](): Promise<void>;
}

const drainMs = 10_000;

const urlOf = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Where a server listens: as its user named it, and by the number that the name was resolved to. */
interface Listening {
  readonly url: string;
  readonly numericUrl: string;
}

async function listen(server: Server, host: string, port: number): Promise<Listening> {
  server.listen(port, host);
  await once(server, 'listening');
  const { address, port: taken } = server.address() as AddressInfo;
  return { url: urlOf(host, taken), numericUrl: urlOf(address, taken) };
}

async function drain(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A connection that is kept alive becomes idle only when its answer is sent.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const late = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(idle);
  clearTimeout(late);
}

/** Says in the data folder who serves it and at which number, so that the command line, which believes no names, can talk to it. */
async function writeNote(path: string, url: string): Promise<void> {
  await writeFile(`${path}.tmp`, JSON.stringify({ pid: process.pid, url }));
  await rename(`${path}.tmp`, path);
}

/** Shows the folder through the server; returns what ends that. */
async function serve(
  options: ServerOptions,
  url: string,
  show: (app: RequestListener) => void,
): Promise<{ readonly loading: Loading; readonly end: () => Promise<void> }> {
  const { data, model, embed, limits, requestTimeoutMs, log = silentLogger } = options;
  const { allow = 'admin', corsOrigins } = options;
  const retriever = await Retriever.open(data, { model, embed, log });
  let evaluations: Evaluations | undefined;
  try {
    const loading = new Loading(retriever, log);
    evaluations = await Evaluations.open(retriever.data, { log });
    const readiness = () => loading.state;
    const shared = { retriever, evaluations, log, limits, requestTimeoutMs, readiness };
    show(createApp({ ...shared, allow, corsOrigins }));
    const note = join(data, 'server.json');
    await writeNote(note, url);
    const end = async (): Promise<void> => {
      await rm(note, { force: true });
      await evaluations?.close();
      await retriever.close();
    };
    return { loading, end };
  } catch (error) {
    await evaluations?.close();
    await retriever.close();
    throw error;
  }
}

/**
 * Serves a data folder. The port is open at once; until the gallery is loaded everything but `/health/live` answers
 * `not-ready`. Throws a TypeError for an option that is not accepted, `gallery-locked` when another process has the folder, `gallery-damaged`, the model's errors, or
 * Node's error when the port is taken.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 3000, requestTimeoutMs = defaultRequestTimeoutMs } = options;
  const { log = silentLogger, allow = 'admin', allowHosts, corsOrigins } = options;
  checkLevel(allow);
  const hosts = new Hosts(host, allowHosts);
  let app: RequestListener = startingApp({ log, requestTimeoutMs }, new Origins(corsOrigins));
  const refusing = refusingApp({ log, requestTimeoutMs });
  const timeouts = { headersTimeout: 10_000, requestTimeout: requestTimeoutMs, keepAliveTimeout: 65_000 };
  const server = createServer({ ...timeouts, connectionsCheckingInterval: 1000 }, (request, response) => {
    const answering = hosts.admits(request) ? app : refusing;
    answering(request, response);
  });
  const { url, numericUrl } = await listen(server, host, port);
  const show = (loaded: RequestListener): void => {
    app = loaded;
  };
  const { loading, end } = await serve(options, numericUrl, show).catch(async (error: unknown) => {
    await drain(server);
    throw error;
  });
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    loading.stop();
    closed ??= drain(server).then(end);
    return closed;
  };
  return { url, ready: loading.done, close, [Symbol.asyncDispose]: close };
}
