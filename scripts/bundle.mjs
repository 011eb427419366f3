// Puts the modules that threads, processes and the command line begin with, and all that they import of ours, of zod and of protobuf,
// into a few files of dist/bundles: loading several hundred small ones took most of the time that they need to start. `mainModule` takes
// the bundles where they are; without them (where Node runs TypeScript, in guards and controls) it takes the modules themselves.
// Does nothing if no module is newer.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const source = join(root, 'dist', 'src');
const target = join(root, 'dist', 'bundles');
/** Packages that are many small files. Others are loaded as they are: they are few files, native, or not always there. */
const packages = ['zod', '@bufbuild/protobuf'];

const isOfPackages = (id) => packages.some((name) => id === name || id.startsWith(`${name}/`));
const posix = (path) => path.split(sep).join('/');

/** Keeps what a module finds beside itself where it is: its URL stays that of its file in dist/src. */
const ownUrls = {
  name: 'own-urls',
  transform(code, id) {
    if (!id.startsWith(source) || !code.includes('import.meta.url')) return null;
    const path = JSON.stringify(posix(relative(source, id)));
    return { code: code.replaceAll('import.meta.url', `new URL(${path}, sourceUrl).href`), map: null };
  },
};

/** The licences of the packages of which a file holds code. */
function licences(modules) {
  const held = packages.filter((name) => modules.some((id) => posix(id).includes(`/node_modules/${name}/`)));
  return held.map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version, license, homepage, repository } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    const file = join(folder, 'LICENSE');
    const text = existsSync(file) ? readFileSync(file, 'utf8') : (homepage ?? repository?.url ?? '');
    return `/*! Holds code of ${name} ${version}, ${license}. ${text.replaceAll('*/', '* /')} */\n`;
  });
}

const time = (path) => statSync(path).mtimeMs;
/** The modules of ours that run in Node. */
const modules = readdirSync(source, { recursive: true })
  .map((path) => posix(String(path)))
  .filter((path) => path.endsWith('.js') && !path.startsWith('page/'));

/** Writes the bundles anew. */
async function write() {
  // Those that a module names to `mainModule`.
  const mains = modules.flatMap((path) =>
    [...readFileSync(join(source, path), 'utf8').matchAll(/mainModule\(import\.meta\.url, '([^']+)'\)/g)].map(
      ([, name]) => posix(join(dirname(path), name)),
    ),
  );
  rmSync(target, { recursive: true, force: true });
  const bundle = await rolldown({
    input: Object.fromEntries(mains.map((name) => [name, join(source, `${name}.js`)])),
    platform: 'node',
    external: (id) => !id.startsWith('.') && !isAbsolute(id) && !isOfPackages(id),
    plugins: [ownUrls],
  });
  await bundle.write({
    dir: target,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'shared/[name]-[hash].js',
    banner: ({ moduleIds }) => licences(moduleIds).join(''),
    intro: ({ fileName }) =>
      `const sourceUrl = new URL('${'../'.repeat(fileName.split('/').length)}src/', import.meta.url);`,
  });
  await bundle.close();
}

const sources = [
  import.meta.filename,
  join(root, 'package-lock.json'),
  ...modules.map((path) => join(source, path)),
];
if (!existsSync(target) || time(target) < Math.max(...sources.map(time))) await write();
