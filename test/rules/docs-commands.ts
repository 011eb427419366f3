import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { repositoryRoot } from '../support/repository.ts';

/** The long options of each command of the program, by its name. */
export type KnownCommands = ReadonlyMap<string, ReadonlySet<string>>;

/** Loads every command of the built program. */
export async function readCommands(): Promise<KnownCommands> {
  const folder = join(repositoryRoot, 'dist', 'src', 'cli');
  const known = new Map<string, ReadonlySet<string>>();
  for (const file of readdirSync(join(repositoryRoot, 'src', 'cli'))) {
    if (!file.endsWith('.ts') || file === 'main.ts') continue;
    const script = pathToFileURL(join(folder, `${file.slice(0, -'.ts'.length)}.js`));
    const exported = (await import(script.href)) as Record<string, unknown>;
    for (const [name, make] of Object.entries(exported)) {
      if (!name.endsWith('Command') || typeof make !== 'function') continue;
      const command = make() as Command;
      const options = [command, ...command.commands].flatMap((one) => one.options);
      known.set(command.name(), new Set(['--help', ...options.map(({ long }) => long ?? '')]));
    }
  }
  return known;
}

/** Gives what a Markdown text shows as code: whole lines of blocks, joined where they go on, and code spans. */
function codeOf(markdown: string): string[] {
  const blocks = [...markdown.matchAll(/^ *```[^\n]*\n([\s\S]*?)^ *```/gm)].flatMap(([, block = '']) =>
    block.replaceAll(/\\\n */g, ' ').split('\n'),
  );
  const prose = markdown.replaceAll(/^ *```[\s\S]*?^ *```/gm, '');
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span.replaceAll(/\s+/g, ' '));
  return [...blocks, ...spans];
}

const optionsIn = (text: string): string[] => text.match(/(?<![\w-])--[a-z][\w-]*/g) ?? [];

/**
 * Finds commands and options in a Markdown text that the program does not know.
 * @param foreign options of other programs, such as those of Docker
 */
export function unknownIn(markdown: string, known: KnownCommands, foreign: ReadonlySet<string>): string[] {
  const anyOption = new Set([...foreign, ...[...known.values()].flatMap((options) => [...options])]);
  return codeOf(markdown).flatMap((code) => {
    const unknown = optionsIn(code).filter((option) => !anyOption.has(option));
    for (const [, name = '', rest = ''] of code.matchAll(
      /(?<![\w/.@:-])snapshelf ([a-z]+(?:-[a-z]+)*)([^|;&#]*)/g,
    )) {
      const options = known.get(name);
      const before = code.slice(0, code.indexOf(`snapshelf ${name}`));
      if (options === undefined) unknown.push(/import|docker/.test(before) ? '' : `snapshelf ${name}`);
      else
        unknown.push(
          ...optionsIn(rest)
            .filter((option) => !options.has(option))
            .map((option) => `snapshelf ${name} ${option}`),
        );
    }
    return unknown.filter((one) => one !== '');
  });
}
