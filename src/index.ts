export { type ErrorCode, errorCatalogue, SnapshelfError } from './errors.ts';
export { type Logger, silentLogger } from './log.ts';
