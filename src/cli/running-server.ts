import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { SnapshelfError } from '../errors.ts';
import { readFileWithin } from '../files/index.ts';
import { parseJsonWithin, shown } from '../json/index.ts';

const largestFile = 4096;

/** The file `server.json` of a data folder that is being served; `url` is `http://address:port` of this machine. */
const schema = z.object({ pid: z.int().min(1), url: z.string().max(200) });

/** A server that has a data folder open. */
export type RunningServer = z.output<typeof schema>;

/** True if only this machine can answer at `host`: it is a loopback address, one of its own, or all of them. */
function isOwn(host: string): boolean {
  if (/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host)) return true;
  const own = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  const names = ['localhost', '::1', '::', '0.0.0.0', hostname().toLowerCase()];
  return [...names, ...own.map(({ address }) => address)].includes(host);
}

/** True if `url` is `http://address:port`, with nothing after it, and the address is this machine's. */
function isOwnAddress(url: string): boolean {
  const [, name = '', bracketed = name] =
    /^http:\/\/(?:([a-z0-9.-]+)|\[([0-9a-f:.]+)\]):\d{1,5}$/.exec(url.toLowerCase()) ?? [];
  return isOwn(bracketed);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Returns the server that has the data folder open, as `server.json` names it, or undefined if there is none or its process
 * has ended. A data folder may come from elsewhere: only an address of this machine is trusted.
 * @throws SnapshelfError `source-invalid` for a foreign file, or one that names another machine.
 */
export async function runningServer(data: string): Promise<RunningServer | undefined> {
  const path = join(data, 'server.json');
  const refuse = (why: string, cause?: unknown): SnapshelfError =>
    new SnapshelfError('source-invalid', `${why} If no server has the folder open, delete it.`, {
      cause,
    });
  let server: RunningServer;
  try {
    const text = (await readFileWithin(path, largestFile)).toString();
    server = schema.parse(parseJsonWithin(text, { values: 10 }));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw refuse(`${path} does not say which server has the folder open.`, cause);
  }
  if (!isOwnAddress(server.url))
    throw refuse(`${path} names ${shown(server.url)}, which is not this machine.`);
  return isAlive(server.pid) ? server : undefined;
}
