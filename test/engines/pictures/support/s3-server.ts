import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const named = process.env['SNAPSHELF_S3_SERVER'];

/** The program of an S3 server, versitygw, that `SNAPSHELF_S3_SERVER` names; undefined if it names none. */
export const s3Program: string | undefined = named !== undefined && existsSync(named) ? named : undefined;

/** Why tests that need an S3 server are skipped; false if they are not. */
export const withoutS3: string | false =
  s3Program === undefined ? 'no S3 server: name the program of versitygw in SNAPSHELF_S3_SERVER' : false;

/** An S3 server of its own, with the bucket `shop`. */
export interface S3Server {
  /** What a client finds in its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The folder of its files. */
  readonly folder: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Starts a server in a new folder. */
export async function startS3(): Promise<S3Server> {
  const folder = mkdtempSync(join(tmpdir(), 'snapshelf-s3-'));
  mkdirSync(join(folder, 'shop'));
  const port = await freePort();
  const keys = { AWS_ACCESS_KEY_ID: 'shopkey', AWS_SECRET_ACCESS_KEY: 'a secret/of+the shop' };
  const server = spawn(s3Program ?? '', ['-q', '--port', `127.0.0.1:${port}`, 'posix', folder], {
    env: {
      ...process.env,
      ROOT_ACCESS_KEY: keys.AWS_ACCESS_KEY_ID,
      ROOT_SECRET_KEY: keys.AWS_SECRET_ACCESS_KEY,
    },
    stdio: 'ignore',
  });
  const ended = once(server, 'exit');
  const url = `http://127.0.0.1:${port}`;
  while ((await fetch(url).catch(() => undefined)) === undefined) {
    if (server.exitCode !== null) throw new Error('The S3 server ended.');
    await sleep(20);
  }
  return {
    environment: { ...keys, AWS_ENDPOINT_URL: url },
    folder,
    async stop() {
      server.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
