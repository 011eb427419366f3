export { embeddingFigures, engineFigures } from './figures.ts';
export { planEngine } from './plan.ts';
export type { EnginePlan, Plan, PlanRequest } from './plan-schema.ts';
export { SizeModel } from './size-model.ts';
