export { trainingCurve } from './training-curve.ts';
