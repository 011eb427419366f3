export { openWeaviate } from './open-weaviate.ts';
