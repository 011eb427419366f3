import { createServer, type RequestListener } from 'node:http';
import { silentLogger } from '../log.ts';
import type { Callers } from './access/callers.ts';
import { Hosts } from './access/hosts.ts';
import { checkLevel } from './access/level.ts';
import { Origins } from './access/origins.ts';
import { defaultRequestTimeoutMs } from './http/base-app.ts';
import { isLocalCall } from './local/local-calls.ts';
import { answerBrokenRequests } from './startup/broken-requests.ts';
import { Connections } from './startup/connections.ts';
import { drain, listen } from './startup/listen.ts';
import { openFolder } from './startup/open-folder.ts';
import { inTurns } from './startup/request-turns.ts';
import { isLoopback, requireKeys } from './startup/require-keys.ts';
import { connectionLimits, type ServerOptions } from './startup/server-options.ts';
import { crowdedApp, refusingApp, startingApp } from './startup/starting-app.ts';

/** A server that listens. */
export interface RunningServer {
  /** `http://host:port`. */
  readonly url: string;
  /** Resolves when models and indexes are loaded; rejects if the default model does not start. */
  readonly ready: Promise<void>;
  /** Resolves with the reason when nothing can be served any more, and the process should end. */
  readonly failed: Promise<Error>;
  /** Refuses new connections, waits for the requests under way (at most 5 s, 2 for one that has not arrived in full), saves and ends everything. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Serves a data folder. The port is open at once; until the gallery is loaded, everything except `/health/live` answers
 * `not-ready`.
 * @throws TypeError for an option that is not accepted.
 * @throws SnapshelfError `keys-missing` for an address that others can reach, without keys and without `noAuth`; `keys-invalid`.
 * @throws SnapshelfError `gallery-locked` if another process has the folder open, `gallery-damaged`, or as `readModelFile`.
 * @throws Error of Node if the port is taken.
 * @example
 * ```ts
 * import { startServer } from 'snapshelf/server';
 *
 * const server = await startServer({ data: 'data', model: 'models/snapshelf-lite.onnx', port: 0 });
 * await server.ready;
 * console.log(await (await fetch(`${server.url}/v1/collections`)).json());
 * await server.close();
 * ```
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host = '127.0.0.1', port = 3000, requestTimeoutMs = defaultRequestTimeoutMs } = options;
  const { log = silentLogger, allow = 'admin', allowHosts, corsOrigins } = options;
  const { writeTimeoutMs = defaultRequestTimeoutMs } = options;
  checkLevel(allow);
  const hosts = new Hosts(host, allowHosts);
  // At an address of this machine the port is open at once.
  if (!isLoopback(host)) await requireKeys(options);
  let callers: Callers | undefined;
  let app: RequestListener = startingApp({ log, requestTimeoutMs, writeTimeoutMs }, new Origins(corsOrigins));
  let local: RequestListener | undefined;
  const base = { log, requestTimeoutMs, writeTimeoutMs };
  const refusing = refusingApp(base);
  const crowded = crowdedApp(base);
  const timeouts = { headersTimeout: 10_000, requestTimeout: requestTimeoutMs, keepAliveTimeout: 65_000 };
  const begin: RequestListener = (request, response) => {
    if (connections.isRefused(request)) crowded(request, response);
    else if (local !== undefined && isLocalCall(request)) local(request, response);
    // Where keys are asked for, a page under a foreign name has none.
    else (callers?.areAsked === true || hosts.admits(request) ? app : refusing)(request, response);
  };
  const server = createServer({ ...timeouts, connectionsCheckingInterval: 1000 }, inTurns(begin));
  answerBrokenRequests(server, log);
  const connections = new Connections(server, connectionLimits(options));
  const { url, numericUrl } = await listen(server, host, port);
  const folder = await openFolder(options, numericUrl).catch(async (error: unknown) => {
    await drain(server, connections);
    throw error;
  });
  app = folder.app;
  local = folder.local;
  callers = folder.callers;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    folder.loading.stop();
    closed ??= drain(server, connections).then(() => folder.end());
    return closed;
  };
  const { failed, loading } = folder;
  return { url, ready: loading.done, failed, close, [Symbol.asyncDispose]: close };
}
