import { Command } from 'commander';
import { version } from '../version.ts';
import { endWithOutput, report } from './run.ts';

/** The commands. Each is loaded only if it is used, because its imports would slow down all others. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  train: async () => (await import('./train.ts')).trainCommand(),
  recipes: async () => (await import('./recipes.ts')).recipesCommand(),
  losses: async () => (await import('./losses.ts')).lossesCommand(),
  migrate: async () => (await import('./migrate.ts')).migrateCommand(),
  plan: async () => (await import('./plan.ts')).planCommand(),
  bakeoff: async () => (await import('./bakeoff.ts')).bakeoffCommand(),
  plot: async () => (await import('./plot.ts')).plotCommand(),
  export: async () => (await import('./export.ts')).exportCommand(),
  inspect: async () => (await import('./inspect.ts')).inspectCommand(),
  index: async () => (await import('./index-pictures.ts')).indexCommand(),
  'import-vectors': async () => (await import('./import-vectors.ts')).importVectorsCommand(),
  'export-vectors': async () => (await import('./export-vectors.ts')).exportVectorsCommand(),
  search: async () => (await import('./search.ts')).searchCommand(),
  calibrate: async () => (await import('./calibrate.ts')).calibrateCommand(),
  duplicates: async () => (await import('./duplicates.ts')).duplicatesCommand(),
  embed: async () => (await import('./embed.ts')).embedCommand(),
  evaluate: async () => (await import('./evaluate.ts')).evaluateCommand(),
  information: async () => (await import('./information.ts')).informationCommand(),
  compare: async () => (await import('./compare.ts')).compareCommand(),
  serve: async () => (await import('./serve.ts')).serveCommand(),
  keys: async () => (await import('./keys.ts')).keysCommand(),
  audit: async () => (await import('./audit.ts')).auditCommand(),
  reindex: async () => (await import('./reindex.ts')).reindexCommand(),
  snapshot: async () => (await import('./snapshot.ts')).snapshotCommand(),
  restore: async () => (await import('./restore.ts')).restoreCommand(),
  delete: async () => (await import('./delete.ts')).deleteCommand(),
  backup: async () => (await import('./backup.ts')).backupCommand(),
  'restore-backup': async () => (await import('./backup.ts')).restoreBackupCommand(),
  drop: async () => (await import('./drop.ts')).dropCommand(),
  check: async () => (await import('./check.ts')).checkCommand(),
  doctor: async () => (await import('./doctor.ts')).doctorCommand(),
  demo: async () => (await import('./demo.ts')).demoCommand(),
};

const afterHelp = `
Exit codes: 0 done, 1 failed, 2 wrong usage, 129 hung up, 130 interrupted, 141 the reader of the output went away,
143 terminated.

A first round, with the model that ships:
  $ snapshelf index photos/ --data data --collection shop
  $ snapshelf search photo.jpg --data data --collection shop
  $ snapshelf serve --data data`;

/** Runs the command that the arguments of the process name, and sets its exit code. */
export async function run(): Promise<void> {
  const program = new Command('snapshelf')
    .description(
      'Image search for a catalogue: train and export a model, index pictures, search by photo, serve an API.',
    )
    .version(version)
    .showHelpAfterError('(run with --help for the options and examples)')
    .addHelpText('after', afterHelp);
  endWithOutput();
  const [, , asked = ''] = process.argv;
  const loaded = Object.hasOwn(commands, asked) ? [commands[asked]] : Object.values(commands);
  for (const load of loaded) if (load !== undefined) program.addCommand((await load()).exitOverride());
  program.exitOverride();

  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = report(error);
  }
}
