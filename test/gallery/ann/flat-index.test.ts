// slow: takes seconds
import { vectorIndexContract } from './vector-index.contract.ts';

vectorIndexContract('flat', false);
