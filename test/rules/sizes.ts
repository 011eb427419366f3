import { at, isFunction, lineAt, type Rule, walk } from './source-file.ts';

const fileLines = 250;
const functionLines = 45;

/** A file has at most 250 lines. */
export const fileSize: Rule = {
  name: 'file-size',
  find: (files) =>
    files.flatMap(({ path, text }) => {
      const lines = text.trimEnd().split('\n').length;
      return lines > fileLines ? [{ path, line: 1, message: `${lines} lines, more than ${fileLines}` }] : [];
    }),
};

/** A function, method or arrow function has at most 45 lines. */
export const functionSize: Rule = {
  name: 'function-size',
  find: (files) =>
    files.flatMap((file) => {
      const long: ReturnType<typeof at>[] = [];
      walk(file.program, (node) => {
        if (!isFunction(node)) return;
        const lines = lineAt(file, node.end) - lineAt(file, node.start) + 1;
        if (lines > functionLines)
          long.push(at(file, node, `a function of ${lines} lines, more than ${functionLines}`));
      });
      return long;
    }),
};
