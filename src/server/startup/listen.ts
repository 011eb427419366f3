import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Connections } from './connections.ts';

/** Milliseconds for requests under way to be answered. */
const drainMs = 5000;
/** Milliseconds for the rest of a request that has begun to arrive. */
const halfSentMs = 2000;

const urlOf = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** The address of a server, by the given host name and by the number that the name was resolved to. */
export interface Listening {
  readonly url: string;
  readonly numericUrl: string;
}

/** Opens the port; 0 takes a free one. @throws Error of Node if the port is taken. */
export async function listen(server: Server, host: string, port: number): Promise<Listening> {
  server.listen(port, host);
  await once(server, 'listening');
  const { address, port: taken } = server.address() as AddressInfo;
  return { url: urlOf(host, taken), numericUrl: urlOf(address, taken) };
}

/** Closes the port and waits until the requests under way are answered: at most 5 s, or 2 for one that has not arrived in full. */
export async function drain(server: Server, connections: Connections): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  // A connection that is kept alive becomes idle only when its answer is sent.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  const halfSent = setTimeout(() => connections.endHalfSent(), halfSentMs);
  const late = setTimeout(() => server.closeAllConnections(), drainMs);
  await closed;
  clearInterval(idle);
  clearTimeout(halfSent);
  clearTimeout(late);
}
