import { Command } from 'commander';
import { createLogger, runServer } from '../server/index.ts';
import { dataOption, integer, providerOption, threadsOption } from './options.ts';

interface Options {
  readonly data: string;
  readonly model?: string;
  readonly host: string;
  readonly port: number;
  readonly provider: 'auto' | 'cpu' | 'cuda';
  readonly threads?: number;
}

async function run({ data, model, host, port, provider, threads }: Options): Promise<void> {
  await runServer({ data, model, host, port, embed: { provider, threads }, log: createLogger() });
}

/** `snapshelf serve`: the HTTP API over a data folder. */
export const serveCommand = (): Command =>
  new Command('serve')
    .description('Serve the HTTP API over a data folder. SIGTERM lets what is in flight finish.')
    .addOption(dataOption())
    .option('--model <file.onnx>', 'model for new collections (collections that exist keep theirs)')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'port to listen on; 0 takes a free one', integer(0, 65_535), 3000)
    .addOption(providerOption())
    .addOption(threadsOption())
    .addHelpText(
      'after',
      `
Examples:
  $ snapshelf serve --data data
  $ curl -F image=@photo.jpg http://127.0.0.1:3000/v1/collections/shop/search`,
    )
    .action(run);
