export { evaluationPage } from './evaluation-page.ts';
export type { Thumbnails } from './sections/examples.ts';
export { trainingCurve } from './training-curve.ts';
