import { createRequire } from 'node:module';

const manifest: unknown = createRequire(import.meta.url)('snapshelf/package.json');

/** The version of this package, as in package.json. */
export const version: string = (manifest as { version: string }).version;
