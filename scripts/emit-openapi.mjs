// Writes docs/openapi.json, the description of the HTTP API under its default limits, from the table of operations. A test
// fails when it is stale: run `npm run openapi`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const { openApiText } = await import(
  pathToFileURL(join(root, 'dist', 'src', 'server', 'openapi', 'document.js')).href
);
writeFileSync(join(root, 'docs', 'openapi.json'), openApiText());
