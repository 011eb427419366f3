import { checkOneOf } from '../../arguments.ts';

/** All levels, the lowest first. */
export const levels = ['search', 'read', 'write', 'admin'] as const;

/** The part of the API that is open: each level allows everything that the levels before it allow. */
export type Level = (typeof levels)[number];

/** Checks a level. @throws TypeError for an unknown one. */
export function checkLevel(allow: Level): void {
  checkOneOf('allow', allow, levels);
}
