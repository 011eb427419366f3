export { averagePrefix, exponentialAverages } from './ema.ts';
export { type Schedule, scheduleOf } from './schedule.ts';
export { momentumPrefix, type SgdOptions, sgd } from './sgd.ts';
