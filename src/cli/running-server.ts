import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a server says of itself in the data folder that it has open. */
export interface ServerFile {
  readonly pid: number;
  readonly url: string;
}

/** The server that has the data folder open, as it said in `server.json`; undefined when none runs. */
export async function runningServer(data: string): Promise<ServerFile | undefined> {
  try {
    const server = JSON.parse(await readFile(join(data, 'server.json'), 'utf8')) as ServerFile;
    process.kill(server.pid, 0);
    return server;
  } catch {
    return undefined; // No file, or its process is gone: nobody serves the folder.
  }
}
