import { Command } from 'commander';
import { checkHostName, checkOrigin, createLogger, runServer } from '../server/index.ts';
import {
  collectChecked,
  dataOption,
  integer,
  keepGpsOption,
  providerOption,
  type SessionOptions,
  threadsOption,
} from './options.ts';
import { untilTakenPort } from './port-error.ts';
import { type AuthOptions, hostOption, keyHelp, noAuthOption, takeAdminKey, tellKeys } from './who-may.ts';

interface Options extends SessionOptions, AuthOptions {
  readonly data: string;
  readonly model?: string;
  readonly keepGps?: boolean;
  readonly host: string;
  readonly port: number;
  readonly allowHost: string[];
  readonly corsOrigin: string[];
}

async function run({ provider, threads, allowHost, corsOrigin, auth, ...options }: Options): Promise<void> {
  const keys = { adminKey: takeAdminKey(), noAuth: !auth };
  const who = { ...keys, allow: 'admin' as const, allowHosts: allowHost, corsOrigins: corsOrigin };
  const serve = () => runServer({ ...options, ...who, embed: { provider, threads }, log: createLogger() });
  await tellKeys('snapshelf serve', () => untilTakenPort(options.host, options.port, serve));
}

/** Creates `snapshelf serve`: it serves the HTTP API over a data folder. */
export const serveCommand = (): Command =>
  new Command('serve')
    .description(
      'Serve the HTTP API over a data folder: to this machine, and to others by keys. SIGTERM, Ctrl-C or a closed terminal lets requests under way finish.',
    )
    .addOption(dataOption())
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
    .addOption(providerOption())
    .addOption(threadsOption())
    .addHelpText(
      'after',
      `${keyHelp}

Examples:
  $ snapshelf serve --data data
  $ snapshelf keys create --data data --level search && snapshelf serve --data data --host 0.0.0.0
  $ snapshelf serve --data data --allow-host search.internal --cors-origin https://shop.example
  $ curl -F image=@photo.jpg http://127.0.0.1:3000/v1/collections/shop/search`,
    )
    .action(run);
