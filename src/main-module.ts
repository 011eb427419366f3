import { existsSync } from 'node:fs';
import { extname } from 'node:path';

/** The folder of the modules in a build. */
const modules = '/dist/src/';
/** The folder of the bundles of those that something begins with; see scripts/bundle.mjs. */
const bundles = '/dist/bundles/';

/**
 * The module that a thread, a process or the command line begins with: its bundle where the build has made one, which loads
 * about twice as fast as the modules of which it is made.
 * @param base `import.meta.url` of the caller
 * @param name path from there without an extension, such as `./worker`: that of the caller is added, so that modules are
 * found in the built package and, where Node runs TypeScript, in the source
 */
export function mainModule(base: string, name: string): URL {
  const module = new URL(`${name}${extname(base)}`, base);
  const at = module.href.lastIndexOf(modules);
  if (at === -1) return module;
  const bundle = new URL(module.href.slice(0, at) + bundles + module.href.slice(at + modules.length));
  return existsSync(bundle) ? bundle : module;
}
