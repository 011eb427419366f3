import { circles } from './circles.ts';
import { docForm, docstrings, throwsProse, throwsTags } from './docstrings.ts';
import { counts, spreads, tuples } from './idioms.ts';
import { flags, messages } from './messages.ts';
import { twins, uniqueNames } from './names.ts';
import { pageTexts } from './page-texts.ts';
import { fileSize, functionSize } from './sizes.ts';
import type { Rule } from './source-file.ts';

/** Every rule over `src/`. */
export const rules: readonly Rule[] = [
  circles,
  fileSize,
  functionSize,
  tuples,
  spreads,
  counts,
  docstrings,
  docForm,
  throwsProse,
  throwsTags,
  messages,
  flags,
  uniqueNames,
  twins,
  pageTexts,
];
