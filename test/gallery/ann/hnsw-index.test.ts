// slow: takes seconds
import { hnswAvailable } from '../../../src/gallery/ann/vector-index.ts';
import { vectorIndexContract } from './vector-index.contract.ts';

const { available, detail } = hnswAvailable();
vectorIndexContract('hnsw', available ? false : detail);
