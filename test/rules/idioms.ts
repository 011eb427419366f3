import type { Node } from 'oxc-parser';
import { at, type Rule, type SourceFile, type Violation, walk } from './source-file.ts';

function findIn(
  files: readonly SourceFile[],
  complaint: (node: Node, file: SourceFile) => string | undefined,
) {
  const found: Violation[] = [];
  for (const file of files) {
    walk(file.program, (node) => {
      const message = complaint(node, file);
      if (message !== undefined) found.push(at(file, node, message));
    });
  }
  return found;
}

function withoutTypes(node: Node | null): Node | null {
  if (node?.type === 'TSAsExpression' || node?.type === 'TSSatisfiesExpression')
    return withoutTypes(node.expression);
  return node;
}

const textsOf = (file: SourceFile, elements: readonly (Node | null)[]): string =>
  elements
    .map((element) => withoutTypes(element))
    .map((element) => (element ? file.text.slice(element.start, element.end) : ''))
    .sort()
    .join();

/** No `const [a, b] = [x, y]` and no `[a, b] = [x, y]`, but for exchanging values. */
export const tuples: Rule = {
  name: 'tuples',
  find: (files) =>
    findIn(files, (node, file) => {
      const message = 'a declaration of several variables as a tuple: one statement each';
      if (node.type === 'VariableDeclarator')
        return node.id.type === 'ArrayPattern' && withoutTypes(node.init)?.type === 'ArrayExpression'
          ? message
          : undefined;
      if (node.type !== 'AssignmentExpression' || node.left.type !== 'ArrayPattern') return undefined;
      const right = withoutTypes(node.right);
      if (right?.type !== 'ArrayExpression') return undefined;
      return textsOf(file, node.left.elements) === textsOf(file, right.elements) ? undefined : message;
    }),
};

/** No `...{ a, b }` and no `...[a, b]`. */
export const spreads: Rule = {
  name: 'spreads',
  find: (files) =>
    findIn(files, (node) => {
      if (node.type !== 'SpreadElement') return undefined;
      const argument = withoutTypes(node.argument)?.type;
      return argument === 'ObjectExpression' || argument === 'ArrayExpression'
        ? 'a spread of a literal: write its parts where they belong'
        : undefined;
    }),
};
