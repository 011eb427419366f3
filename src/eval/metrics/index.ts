export * from './bootstrap.ts';
export * from './figures.ts';
export * from './identical.ts';
export * from './judge.ts';
export type { LabelFigures } from './labels.ts';
export * from './relevance.ts';
export * from './score-query.ts';
export { emptyScores, enterScore, figurePerQuery, type Scores } from './scores.ts';
export * from './summarise.ts';
