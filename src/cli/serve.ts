import { Command, Option } from 'commander';
import { type GalleryThreads, indexEngines, precisions } from '../engines/index.ts';
import {
  checkAllowedHost,
  checkAllowedReceiver,
  checkHostName,
  checkOrigin,
  createLogger,
  runServer,
  type ServerOptions,
  shownConfig,
} from '../server/index.ts';
import {
  collectChecked,
  integer,
  keepGpsOption,
  providerOption,
  type SessionOptions,
  threadsOption,
  withPlace,
} from './options.ts';
import { untilTakenPort } from './port-error.ts';
import { collectLimit, type GivenLimits, limitsFrom } from './serve-limits.ts';
import { type AuthOptions, hostOption, keyHelp, noAuthOption, takeAdminKey, tellKeys } from './who-may.ts';

interface Options extends SessionOptions, AuthOptions, GalleryThreads {
  readonly data: string;
  readonly engine?: string;
  readonly pictureStore?: string;
  readonly model?: string;
  readonly keepGps?: boolean;
  readonly host: string;
  readonly port: number;
  readonly allowHost: string[];
  readonly corsOrigin: string[];
  readonly allowUrls: string[];
  readonly allowWebhooks: string[];
  readonly trustProxy: number;
  readonly requestTimeout: number;
  readonly writeTimeout: number;
  readonly maxConnections: number;
  readonly index?: NonNullable<ServerOptions['indexEngine']>;
  readonly storedPrecision: NonNullable<ServerOptions['storedPrecision']>;
  readonly limit?: GivenLimits;
  readonly audit: boolean;
  readonly printConfig?: boolean;
}

function optionsOf(given: Omit<Options, 'printConfig'>): ServerOptions {
  const {
    provider,
    threads,
    auth,
    allowHost,
    corsOrigin,
    index,
    requestTimeout,
    writeTimeout,
    limit,
    ...same
  } = given;
  const { limits, rateLimits, pictures, collections } = limitsFrom(limit);
  return {
    ...same,
    ...collections,
    limits,
    rateLimits,
    allow: 'admin',
    allowHosts: allowHost,
    corsOrigins: corsOrigin,
    adminKey: takeAdminKey(),
    noAuth: !auth,
    indexEngine: index,
    requestTimeoutMs: requestTimeout,
    writeTimeoutMs: writeTimeout,
    embed: { provider, threads, limits: pictures },
  };
}

async function run({ printConfig, ...given }: Options): Promise<void> {
  const options = optionsOf(given);
  if (printConfig === true) return console.log(JSON.stringify(shownConfig(options), undefined, 2));
  const serve = () => runServer({ ...options, log: createLogger() });
  await tellKeys('snapshelf serve', () => untilTakenPort(given.host, given.port, serve));
}

const help = `${keyHelp}

Examples:
  $ snapshelf serve --data data
  $ snapshelf keys create --data data --level search && snapshelf serve --data data --host 0.0.0.0
  $ snapshelf serve --data data --max-connections 200 --limit maxWaitMs=300 --limit maxPixels=20000000
  $ snapshelf serve --data data --index hnswlib
  $ snapshelf serve --data data --index-threads 2 --scan-threads 1
  $ snapshelf serve --data data --engine postgres://shop@db.internal/shop
  $ snapshelf serve --data data --engine postgres://shop@db.internal/shop --picture-store s3://shop-pictures
  $ snapshelf serve --data data --allow-urls img.example,*.cdn.example
  $ snapshelf serve --data data --allow-webhooks hooks.shop.example,http://127.0.0.1:8080
  $ snapshelf serve --data data --allow-host search.internal --cors-origin https://shop.example
  $ curl -F image=@photo.jpg http://127.0.0.1:3000/v1/collections/shop/search`;

/** Adds hosts, of which one value may have several, to those given before. */
const collectHosts =
  (check: (host: string) => string) =>
  (value: string, previous: readonly string[]): string[] =>
    value.split(',').reduce<string[]>((all, host) => collectChecked(check)(host, all), [...previous]);

/** Adds the options about limits and the log of changes. */
const withLimits = (command: Command): Command =>
  command
    .option(
      '--trust-proxy <n>',
      'proxies before the server that are believed about the address of a client',
      integer(0, 100),
      0,
    )
    .option(
      '--limit <name=number>',
      'another limit than that of --print-config; may be repeated',
      collectLimit,
    )
    .option('--request-timeout <ms>', 'milliseconds that a request may take', integer(1), 30_000)
    .option(
      '--write-timeout <ms>',
      'milliseconds after which a client that takes nothing of its answer is cut off',
      integer(1),
      30_000,
    )
    .option('--max-connections <n>', 'connections at a time; further ones are refused', integer(1), 1000)
    .option('--no-audit', 'write no log of changes, audit.jsonl in the data folder')
    .option('--print-config', 'print the options and all limits as JSON, secrets hidden, and serve nothing');

const indexOption = (): Option =>
  new Option(
    '--index <library>',
    'library of the search index; an index of another is built anew (default: that of a saved index, else the first that is installed)',
  ).choices(indexEngines);

const precisionOption = (): Option =>
  new Option(
    '--stored-precision <precision>',
    'precision of the vectors in memory: int8 takes a fifth and reads the others of the database; answers are the same',
  )
    .choices(precisions)
    .default('float32');

/** Creates `snapshelf serve`: it serves the HTTP API over a data folder. */
export const serveCommand = (): Command =>
  withPlace(withLimits(new Command('serve')))
    .description(
      'Serve the HTTP API over a data folder: to this machine, and to others by keys. SIGTERM, Ctrl-C or a closed terminal lets requests under way finish.',
    )
    .option(
      '--model <file or name>',
      'model for new collections (default: the one that ships; collections that exist keep theirs)',
    )
    .addOption(hostOption())
    .option('--port <n>', 'port to listen on; 0 takes a free one', integer(0, 65_535), 3000)
    .addOption(keepGpsOption())
    .addOption(noAuthOption())
    .option(
      '--allow-host <name>',
      'host name that requests may be for, besides localhost, --host and IP addresses; may be repeated',
      collectChecked(checkHostName),
      [],
    )
    .option(
      '--cors-origin <origin>',
      'origin whose pages may use the API and show its pictures; may be repeated',
      collectChecked(checkOrigin),
      [],
    )
    .option(
      '--allow-urls <hosts>',
      'hosts that pictures may be fetched from, such as img.example,*.cdn.example; may be repeated (default: none)',
      collectHosts(checkAllowedHost),
      [],
    )
    .option(
      '--allow-webhooks <receivers>',
      'where webhooks may be sent: hosts such as hooks.example, by HTTPS, or whole origins such as http://10.0.0.5:8080, which may be private; may be repeated (default: none)',
      collectHosts(checkAllowedReceiver),
      [],
    )
    .addOption(indexOption())
    .addOption(precisionOption())
    .addOption(providerOption())
    .addOption(threadsOption())
    .addHelpText('after', help)
    .action(run);
