export { bakeoffPage } from './bakeoff/bakeoff-page.ts';
export type { BakeoffReport, LossReport } from './bakeoff/bakeoff-report.ts';
export { calibrationPage } from './calibration-page.ts';
export { type DuplicatesReport, duplicatesPage, shownGroups, shownMembers } from './duplicates-page.ts';
export { evaluationPage } from './evaluation-page.ts';
export { type ExplainedMatch, matchPage } from './match-page.ts';
export { trainingCurve } from './training-curve.ts';
