export { type Schedule, type ScheduleOptions, scheduleOf } from './schedule.ts';
export { averagePrefix, type Learned, momentumPrefix, type SgdOptions, sgd } from './sgd.ts';
