import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';

/** The folder that the build puts the page into. */
const folder = new URL('../../page/site/', import.meta.url);

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** A file of the page. */
export interface PageFile {
  readonly bytes: Buffer;
  /** The same, compressed by Brotli. */
  readonly compressed: Buffer;
  readonly type: string;
}

const compress = promisify(brotliCompress);

async function readPage(): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  const names = await readdir(new URL('assets/', folder)).catch(() => []);
  for (const path of ['index.html', ...names.map((name) => `assets/${name}`)]) {
    const type = types[extname(path)];
    const bytes = await readFile(fileURLToPath(new URL(path, folder))).catch(() => undefined);
    if (type !== undefined && bytes !== undefined)
      files.set(path, { bytes, compressed: await compress(bytes), type });
  }
  return files;
}

let read: Promise<ReadonlyMap<string, PageFile>> | undefined;

/** Returns a file of the page by its path, such as `index.html`; undefined where it has none, or was not built. */
export async function pageFile(path: string): Promise<PageFile | undefined> {
  read ??= readPage();
  return (await read).get(path);
}
