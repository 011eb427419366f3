export { averagePrefix, exponentialAverages } from './ema.ts';
export { type Schedule, type ScheduleOptions, scheduleOf } from './schedule.ts';
export { type Learned, momentumPrefix, type SgdOptions, sgd } from './sgd.ts';
