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

/** Things of which there may be one, and what is said before a limit, which never is one. */
const plural =
  /^ (?:(?:empty|relevant|gallery|labelled|picture|damaged|other|more|pending) )?(?:pictures|images|items|queries|labels|files|folders|products|evaluations|samples|mistakes|sources|collections|vectors|entries|texts)\b(?!\/)/;
const limit = /(?:at most|more than|at least|fewer than|up to|first|last|than the|\bof(?: the)?|to) $/;
const otherName = /^(?:most|max|least|min|limit|name$|share\()/i;

/** No `${count} pictures`, which says "1 pictures": `counted` of `src/text.ts`. */
export const counts: Rule = {
  name: 'counts',
  find: (files) =>
    findIn(files, (node, file) => {
      if (node.type !== 'TemplateLiteral') return undefined;
      const found = node.expressions.find((expression, i) => {
        const name = file.text.slice(expression.start, expression.end);
        const before = node.quasis[i]?.value.raw ?? '';
        const after = node.quasis[i + 1]?.value.raw ?? '';
        return plural.test(after) && !limit.test(before) && !otherName.test(name);
      });
      return found && 'a count that says "1 pictures": counted(n, "picture") of src/text.ts';
    }),
};
