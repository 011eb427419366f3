/** The place of a Postgres engine, read from its URL. */
export interface Address {
  /** Servers of which one at a time takes writes, in the order in which they are tried. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  /** The schema that holds the tables. */
  readonly schema: string;
  readonly ssl: boolean | { readonly rejectUnauthorized: boolean };
  /** Connections at a time, and milliseconds that a statement may take. */
  readonly poolSize: number;
  readonly statementTimeoutMs: number;
  /** A server that searches and other reads go to. Undefined: they go where writes go. */
  readonly replica: { readonly host: string; readonly port: number } | undefined;
}

const known = [
  'schema',
  'sslmode',
  'pool',
  'statement_timeout_ms',
  'target_session_attrs',
  'host',
  'port',
  'replica',
];
const sslModes: Readonly<Record<string, Address['ssl']>> = {
  disable: false,
  require: { rejectUnauthorized: false },
  'verify-full': true,
};

/** Makes the error of a URL. `why` is a sentence. */
const invalid = (why: string): RangeError =>
  new RangeError(
    `${why} The URL of the engine is postgres://user:password@host:port,host2:port2/database?schema=snapshelf.`,
  );

function whole(text: string | null, name: string, fallback: number, to: number): number {
  if (text === null || text === '') return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= to) return value;
  throw invalid(`The ${name} must be a whole number from 1 to ${to}, not ${JSON.stringify(text)}.`);
}

function hostOf(text: string): { host: string; port: number } {
  const match = /^(\[[0-9a-fA-F:]+\]|[^:[\]]*)(?::(\d*))?$/.exec(text);
  if (match === null) throw invalid(`There is no host with a port in ${JSON.stringify(text)}.`);
  const host = (match[1] ?? '').replace(/^\[|\]$/g, '');
  return { host: host === '' ? 'localhost' : host, port: whole(match[2] ?? null, 'port', 5432, 65_535) };
}

function decoded(text: string | undefined): string | undefined {
  if (text === undefined || text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid('A part of the URL is not percent-encoded as it should be.');
  }
}

function hostsOf(authority: string, options: URLSearchParams): Address['hosts'] {
  // A folder of a socket cannot stand in the authority of a URL.
  const socket = options.get('host');
  if (socket === null) return authority.split(',').map((text) => hostOf(text));
  return [{ host: socket, port: whole(options.get('port'), 'port', 5432, 65_535) }];
}

/** Reads the URL of a Postgres engine, which may name several servers. @throws RangeError. */
export function parseAddress(url: string): Address {
  const match = /^postgres(?:ql)?:\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/.exec(
    url,
  );
  if (match === null) throw invalid('The URL has another form.');
  const [, user, password, authority = '', database, query = ''] = match;
  const options = new URLSearchParams(query);
  for (const name of options.keys())
    if (!known.includes(name))
      throw invalid(`The option ${JSON.stringify(name)} is none of ${known.join(', ')}.`);
  const attributes = options.get('target_session_attrs') ?? 'read-write';
  if (attributes !== 'read-write')
    throw invalid(
      `The option target_session_attrs can only be read-write, not ${JSON.stringify(attributes)}.`,
    );
  const schema = options.get('schema') ?? 'snapshelf';
  if (!/^[a-z_][a-z0-9_]{0,50}$/.test(schema))
    throw invalid(`The schema must be 1 to 51 of a-z, 0-9 and _, not ${JSON.stringify(schema)}.`);
  const mode = options.get('sslmode') ?? 'disable';
  const ssl = Object.hasOwn(sslModes, mode) ? sslModes[mode] : undefined;
  if (ssl === undefined)
    throw invalid(
      `The sslmode must be one of ${Object.keys(sslModes).join(', ')}, not ${JSON.stringify(mode)}.`,
    );
  const replica = options.get('replica');
  return {
    hosts: hostsOf(authority, options),
    user: decoded(user),
    password: decoded(password),
    database: decoded(database),
    schema,
    ssl,
    poolSize: whole(options.get('pool'), 'pool', 10, 1000),
    statementTimeoutMs: whole(
      options.get('statement_timeout_ms'),
      'statement_timeout_ms',
      60_000,
      86_400_000,
    ),
    replica: replica === null ? undefined : hostOf(replica),
  };
}
