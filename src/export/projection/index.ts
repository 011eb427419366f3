export { project } from './fit.ts';
export {
  checkProjection,
  type ProjectionOptions,
  type ProjectionReport,
  projectModel,
} from './project-model.ts';
