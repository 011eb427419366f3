import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = new URL(`./loop-server${extname(import.meta.url)}`, import.meta.url);

/** A server process that tells how long its event loop was kept. */
export class WatchedServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(url: string, child: ChildProcess) {
    this.url = url;
    this.#child = child;
  }

  /** Resolves when it is ready. `execArgv` are flags of Node, such as --cpu-prof. */
  static async start(data: string, model: string, execArgv: string[] = []): Promise<WatchedServer> {
    const child = fork(fileURLToPath(script), [data, model], { execArgv });
    const [{ url }] = (await once(child, 'message')) as [{ url: string }];
    return new WatchedServer(url, child);
  }

  /** The largest delay of its event loop since it was last asked, milliseconds. */
  async largestDelay(): Promise<number> {
    const answer = once(this.#child, 'message') as Promise<[{ delay: number }]>;
    this.#child.send('delay');
    return (await answer)[0].delay;
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await ended;
  }
}
