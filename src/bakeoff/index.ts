export { type PreparedBakeoff, prepareBakeoff, runBakeoff } from './bakeoff.ts';
export type { BakeoffProgress, BakeoffRequest } from './bakeoff-options.ts';
export { estimate } from './estimate.ts';
export { readBakeoff, readRequest } from './read-bakeoff.ts';
