import { searchAnswer } from './answer-parts.ts';
import type { Operations } from './operation.ts';

/** The operations of searches. */
export const searchOperations = {
  '/v1/collections/:collection/search': {
    post: {
      id: 'search',
      need: 'search',
      summary: 'Finds the items that look like a picture, an item or a vector.',
      takes: 'search',
      query: ['k', 'group', 'ef', 'exact', 'minScore', 'filter', 'after'],
      pictures: 'image',
      answers: { 200: searchAnswer },
      errors: [
        'item-not-found',
        'filter-invalid',
        'cursor-invalid',
        'vector-invalid',
        'dimension-mismatch',
        'model-mismatch',
      ],
    },
  },
} as const satisfies Operations;
