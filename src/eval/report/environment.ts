import { thisMachine } from '../../runtime/index.ts';
import type { Environment } from './evaluation-schema.ts';

/** Describes how and where an evaluation was computed. */
export function environmentOf(
  { command, provider }: Pick<Environment, 'command' | 'provider'>,
  milliseconds: number,
): Environment {
  const { version, commit, ...machine } = thisMachine();
  const seconds = Math.round(milliseconds) / 1000;
  return { createdAt: new Date().toISOString(), seconds, command, version, commit, ...machine, provider };
}
