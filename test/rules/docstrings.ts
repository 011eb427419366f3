import type { Class, Comment, Node, Statement } from 'oxc-parser';
import { at, isFunction, type Rule, type SourceFile, type Violation, walk } from './source-file.ts';

/** A declaration or a method with its docstring. */
interface Documented {
  readonly node: Node;
  readonly name: string;
  readonly doc: Comment | undefined;
  /** The function that runs, if it is one. */
  readonly body: Node | undefined;
}

/** Gives the docstring that ends right before an offset. */
const docBefore = (file: SourceFile, offset: number): Comment | undefined =>
  file.comments.find(
    ({ type, value, end }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      end <= offset &&
      /^\s*$/.test(file.text.slice(end, offset)),
  );

const nameOf = (node: Node): string => {
  const key = 'id' in node ? node.id : 'key' in node ? node.key : undefined;
  return key && typeof key === 'object' && 'name' in key ? String(key.name) : '';
};

function* declarationsOf(file: SourceFile, statement: Statement): Generator<Documented> {
  if (statement.type !== 'ExportNamedDeclaration' && statement.type !== 'ExportDefaultDeclaration') return;
  const { declaration } = statement;
  if (!declaration || !/Declaration|TSDeclareFunction/.test(declaration.type)) return;
  const doc = docBefore(file, statement.start);
  if (declaration.type !== 'VariableDeclaration') {
    const body = isFunction(declaration) ? declaration : undefined;
    yield { node: declaration, name: nameOf(declaration), doc, body };
    if (declaration.type === 'ClassDeclaration') yield* methodsOf(file, declaration);
    return;
  }
  for (const one of declaration.declarations) {
    const body = one.init && isFunction(one.init) ? one.init : undefined;
    yield { node: one, name: nameOf(one), doc, body };
  }
}

function* methodsOf(file: SourceFile, { body }: Class): Generator<Documented> {
  for (const member of body.body) {
    if (member.type !== 'MethodDefinition' || member.key.type === 'PrivateIdentifier') continue;
    yield { node: member, name: nameOf(member), doc: docBefore(file, member.start), body: member.value };
  }
}

/** Lists what a file exports, methods of exported classes included. */
export const documentedIn = (file: SourceFile): Documented[] =>
  file.program.body.flatMap((statement) => [...declarationsOf(file, statement as Statement)]);

/** Every exported declaration has a docstring. */
export const docstrings: Rule = {
  name: 'docstrings',
  find: (files) =>
    files.flatMap((file) => {
      const documented = new Set<string>();
      return documentedIn(file)
        .filter(({ node, name, doc }) => {
          if (doc) documented.add(name); // of overloads one is enough
          return !doc && node.type !== 'MethodDefinition' && !documented.has(name);
        })
        .map(({ node, name }) => at(file, node, `${name} is exported without a docstring`));
    }),
};

/** The prose of a docstring: without stars, tags and code. */
const proseOf = ({ value }: Comment): string =>
  value
    .replaceAll(/^[ \t]*\*+ ?/gm, '')
    .replace(/^@[\s\S]*/m, '')
    .replaceAll(/`[^`]*`/g, '`')
    .trim();

const eachDocstring = (
  files: readonly SourceFile[],
  complaint: (prose: string) => string | undefined,
): Violation[] =>
  files.flatMap((file) =>
    file.comments.flatMap((comment) => {
      if (comment.type !== 'Block' || !comment.value.startsWith('*')) return [];
      const message = complaint(proseOf(comment));
      return message === undefined ? [] : [at(file, comment, message)];
    }),
  );

const questionWords = /^(What|Whether|Where|When|Which|Who|Whose|Why|How|If|So that|As)\b/;
const imperatives =
  /^(Return|Compute|Create|Make|Build|Parse|Convert|Give|Take|Find|Add|Remove|Send|Load|Get|Write|Check|Throw|Tell|Say)\b/;
const articleForPer =
  /\b(images|queries|pictures|numbers|bytes|rows|requests|vectors|steps|times|lines|calls|one|once) an? (second|minute|image|picture|row|query|item|product|step|batch|file|line|call|request)\b/i;

/** A docstring begins with a verb in the third person or a noun phrase, and says "per", not "a". */
export const docForm: Rule = {
  name: 'doc-form',
  find: (files) =>
    eachDocstring(files, (prose) => {
      const clause = questionWords.exec(prose)?.[1] ?? imperatives.exec(prose)?.[1];
      if (clause !== undefined)
        return `the docstring begins with "${clause}": begin with a verb in the third person or a noun phrase`;
      const measure = articleForPer.exec(prose)?.[0];
      return measure === undefined ? undefined : `"${measure}": write "per"`;
    }),
};

/** Errors stand in `@throws` tags, not in the prose of a docstring. */
export const throwsProse: Rule = {
  name: 'throws-prose',
  find: (files) =>
    eachDocstring(files, (prose) =>
      /(^|[.;:,]\s+)throws\b/i.test(prose) ? 'errors are told with @throws, not in prose' : undefined,
    ),
};

/** True if the function itself throws a new error that it does not catch. */
function throwsItself(body: Node): boolean {
  let found = false;
  walk(body, (node, ancestors) => {
    if (node !== body && isFunction(node)) return false;
    const tried = ancestors.some(
      (outer, i) =>
        outer.type === 'TryStatement' && outer.handler && (ancestors[i - 1] ?? node) === outer.block,
    );
    if (node.type === 'ThrowStatement' && node.argument.type !== 'Identifier' && !tried) found = true;
    return !found;
  });
  return found;
}

/** A documented exported function that throws by itself says so with `@throws`. */
export const throwsTags: Rule = {
  name: 'throws-tags',
  find: (files) =>
    files.flatMap((file) =>
      documentedIn(file)
        .filter(({ doc, body }) => doc && body && !doc.value.includes('@throws') && throwsItself(body))
        .map(({ node, name }) => at(file, node, `${name} throws, but its docstring has no @throws`)),
    ),
};
