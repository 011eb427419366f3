import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { networkOf } from '../access/clients.ts';

/** Milliseconds for a refused connection to send its request and take the refusal. */
const refusedMs = 2000;
/** Most connections that are being refused; further ones are closed without a word. */
const maxRefused = 100;

/** Options of `Connections`. */
export interface ConnectionsOptions {
  /** Connections that are served at a time, 1 or more. */
  readonly max: number;
  /** Most of these of one address; of this machine and of proxies any number. */
  readonly maxOfAddress: number;
}

/** The connections of a server: a bounded number is served, a few more are told that there are too many. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #served = new Set<Socket>();
  readonly #refused = new WeakSet<Socket>();
  readonly #byNetwork = new Map<string, number>();
  /** Requests whose answers are not complete. */
  readonly #underWay = new Set<IncomingMessage>();

  constructor(server: Server, options: ConnectionsOptions) {
    this.#options = options;
    server.maxConnections = options.max + maxRefused;
    server.on('connection', (socket: Socket) => this.#take(socket));
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.#underWay.add(request);
      response.once('close', () => this.#underWay.delete(request));
    });
  }

  /** Number of connections that are served. */
  get count(): number {
    return this.#served.size;
  }

  /** True for a request of a connection that is one too many. */
  isRefused({ socket }: IncomingMessage): boolean {
    return this.#refused.has(socket);
  }

  /** Ends the connections whose requests have not arrived in full. */
  endHalfSent(): void {
    for (const request of this.#underWay) if (!request.complete) request.socket.destroy();
  }

  #take(socket: Socket): void {
    const { max, maxOfAddress } = this.#options;
    const network = networkOf(socket.remoteAddress ?? '');
    const isLocal = network === '0:0:0:0::/64' || network.startsWith('127.');
    const ofNetwork = (this.#byNetwork.get(network) ?? 0) + 1;
    if (this.#served.size >= max || (!isLocal && ofNetwork > maxOfAddress)) {
      this.#refuse(socket);
      return;
    }
    this.#served.add(socket);
    this.#byNetwork.set(network, ofNetwork);
    socket.once('close', () => {
      this.#served.delete(socket);
      const left = (this.#byNetwork.get(network) ?? 1) - 1;
      if (left > 0) this.#byNetwork.set(network, left);
      else this.#byNetwork.delete(network);
    });
  }

  #refuse(socket: Socket): void {
    this.#refused.add(socket);
    const timer = setTimeout(() => socket.destroy(), refusedMs);
    socket.once('close', () => clearTimeout(timer));
  }
}
