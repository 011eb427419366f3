export { type InformationInput, type InformationOptions, information } from './information.ts';
export {
  figuresSchema,
  type Information,
  type InformationFigures,
  informationSchema,
} from './information-schema.ts';
export { type GivenParameters, type InformationParameters, parametersOf } from './parameters.ts';
