import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { SnapshelfError } from '../errors.ts';

/** The network of tests. */
export interface Network {
  /** Resolves a name. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
  /** Returns where a connection to a checked address goes in truth. */
  readonly dial?: (target: { readonly address: string; readonly port: string }) => {
    readonly address: string;
    readonly port: string;
  };
}

/** Options of an agent. */
export interface CheckedAgentOptions {
  /** Milliseconds until a connection must be there, and again until the head of an answer, and between parts of its body. */
  readonly timeoutMs: number;
  /** True for an address that may be connected to. */
  readonly isAllowed: (address: string) => boolean;
}

const resolveBySystem = (host: string): Promise<LookupAddress[]> =>
  new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
  });

/**
 * Makes the connections of requests to other hosts: each name is resolved once for a connection, all of its addresses must be allowed,
 * and the connection goes to one of those that were checked.
 */
export function checkedAgent({ timeoutMs, isAllowed }: CheckedAgentOptions, network: Network = {}): Agent {
  const base = buildConnector({ lookup: checkedLookup(isAllowed, network), timeout: timeoutMs });
  const { dial } = network;
  const connect: buildConnector.connector = (options, done) =>
    base(dial === undefined ? options : { ...options, ...portOf(dial, options) }, done);
  return new Agent({ connect, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, maxHeaderSize: 16_384 });
}

function portOf(
  dial: NonNullable<Network['dial']>,
  { hostname, port }: buildConnector.Options,
): { readonly port: string } {
  return { port: dial({ address: hostname, port }).port };
}

/** Makes the look-up of connections: what it returns has been checked, and is what is connected to. */
function checkedLookup(
  isAllowed: CheckedAgentOptions['isAllowed'],
  { resolve = resolveBySystem, dial }: Network,
): LookupFunction {
  return (host, options, done) => {
    resolve(host).then(
      (addresses) => {
        const [first] = addresses;
        if (first === undefined || !addresses.every(({ address }) => isAllowed(address)))
          return done(notAllowed(host), '', 4);
        const checked = addresses.map(({ address, family }) => ({
          address: dial?.({ address, port: '' }).address ?? address,
          family,
        }));
        if (options.all === true) return done(null, checked);
        return done(null, checked[0]?.address ?? '', first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, '', 4),
    );
  };
}

const notAllowed = (host: string): SnapshelfError =>
  new SnapshelfError(
    'url-refused',
    `The host ${JSON.stringify(host)} has an address that is not of the public internet.`,
  );
