export { evaluationPage } from './evaluation-page.ts';
export { trainingCurve } from './training-curve.ts';
