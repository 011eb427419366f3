import type { Stats } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { SnapshelfError } from '../errors.ts';
import { openFile } from '../files/index.ts';
import { asSentence, parseJsonWithin, shown } from '../json/index.ts';

const largestFile = 4096;

/**
 * The file `server.json` of a data folder that is being served; `url` is `http://address:port` of this machine, `token`
 * what the server takes commands by.
 */
const schema = z.object({
  pid: z.int().min(1),
  url: z.string().max(200),
  version: z.string().max(50),
  token: z.string().regex(/^[0-9a-f]{64}$/),
});

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

/** Checks that nobody else can have written the file. Windows has no such rights. */
function checkOwner({ uid, mode }: Stats): void {
  const user = process.getuid?.();
  if (user === undefined) return;
  if (uid !== user)
    throw new RangeError(`It belongs to the user ${uid}, and this command runs as the user ${user}.`);
  if ((mode & 0o022) !== 0) throw new RangeError('Others than its owner may write to it.');
}

/** Reads a file that only this user can have written. */
async function readOwn(path: string): Promise<string> {
  const { file, size } = await openFile(path, largestFile);
  await using _ = file;
  checkOwner(await file.stat());
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await file.read(bytes, 0, size, 0);
  return bytes.toString('utf8', 0, bytesRead);
}

/**
 * Returns the server that a data folder names in `server.json`, or undefined if it names none. A server that was killed
 * leaves the file: ask only when the folder is locked, and have the server prove itself. A data folder may come from
 * elsewhere: only a file of this user and an address of this machine are trusted.
 * @throws SnapshelfError `source-invalid` for a foreign file, or one that names another machine.
 */
export async function runningServer(data: string): Promise<RunningServer | undefined> {
  const path = join(data, 'server.json');
  const refuse = (why: string, cause?: unknown): SnapshelfError =>
    new SnapshelfError('source-invalid', `${why} If no server has the folder open, delete it.`, {
      cause,
    });
  let text: string;
  try {
    text = await readOwn(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw refuse(`${path} is not followed to the server: ${asSentence((cause as Error).message)}`, cause);
  }
  let server: RunningServer;
  try {
    server = schema.parse(parseJsonWithin(text, { values: 10 }));
  } catch (cause) {
    throw refuse(`${path} does not say which server has the folder open.`, cause);
  }
  if (!isOwnAddress(server.url))
    throw refuse(`${path} names ${shown(server.url)}, which is not this machine.`);
  return server;
}
