// Uses the saved l2 index of a folder, after deleting all but a sequence if one is given, and prints what was wrong with it; run by graph-crash.test.ts.
import { useSaved } from './graph-use.ts';

const [, , folder = '', dimension, kept] = process.argv;
const keep = (sequence: number): boolean => kept === undefined || sequence === Number(kept);
console.log(useSaved(folder, { metric: 'l2', dimension: Number(dimension) }, 1500, keep) ?? 'used');
