// Compiles on every change and runs the fast tests that the change reaches.
//   npm run watch                 all fast tests
//   npm run watch -- gallery      those whose path contains one of the words, slow ones too
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chooseTests } from './test-files.mjs';

// The compiler makes no bundles: threads and processes begin with the modules themselves.
rmSync('dist/bundles', { recursive: true, force: true });
const words = process.argv.slice(2);
const { files } = chooseTests(words, words.length === 0);
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
const compiler = [join(typescript, 'bin', 'tsc'), '-p', 'tsconfig.json', '--watch', '--preserveWatchOutput'];
for (const args of [compiler, ['--test', '--watch', '--test-concurrency=2', ...files]])
  spawn(process.execPath, args, { stdio: 'inherit' }).on('exit', (code) => process.exit(code ?? 1));
