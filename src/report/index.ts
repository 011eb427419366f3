export { bakeoffPage } from './bakeoff/bakeoff-page.ts';
export type { BakeoffReport, LossReport } from './bakeoff/bakeoff-report.ts';
export { evaluationPage } from './evaluation-page.ts';
export { trainingCurve } from './training-curve.ts';
