export { embeddingFigures, engineFigures } from './figures.ts';
export { type EnginePlan, type PlanRequest, planEngine } from './plan.ts';
export { SizeModel } from './size-model.ts';
