export { project } from './fit.ts';
export {
  checkProjection,
  type LabelledFile,
  type ProjectionOptions,
  type ProjectionReport,
  projectModel,
} from './project-model.ts';
