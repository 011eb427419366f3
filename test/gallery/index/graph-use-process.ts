// Uses the saved l2 index of a folder and prints what was wrong with it; run by graph-crash.test.ts.
import { useSaved } from './graph-use.ts';

const [, , folder = '', dimension] = process.argv;
console.log(useSaved(folder, { metric: 'l2', dimension: Number(dimension) }, 1500) ?? 'used');
