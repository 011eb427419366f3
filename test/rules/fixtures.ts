// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the fixtures are source text.

const long = (lines: number, first: string, last: string): string =>
  [first, ...Array.from({ length: lines - 2 }, (_, i) => `  f(${i});`), last].join('\n');

/** For each rule: files that break it, the numbers of their broken lines, and files that keep it. */
export interface Fixture {
  readonly broken: Readonly<Record<string, string>>;
  readonly lines: readonly number[];
  readonly kept: Readonly<Record<string, string>>;
}

/** The fixtures by the name of their rule. */
export const fixtures: Readonly<Record<string, Fixture>> = {
  circles: {
    broken: {
      'a/x.ts': "import type { Y } from './y.ts';",
      'a/y.ts': "export { z } from '../b/z.ts';",
      'b/z.ts': "export type Z = import('../a/x.ts').X;",
    },
    lines: [1],
    kept: { 'a/x.ts': "import type { Y } from './y.ts';", 'a/y.ts': "import { z } from 'z';" },
  },
  'file-size': {
    broken: { 'a/x.ts': 'f();\n'.repeat(251) },
    lines: [1],
    kept: { 'a/x.ts': 'f();\n'.repeat(250) },
  },
  'function-size': {
    broken: {
      'a/x.ts': `${long(46, 'function g() {', '}')}\n${long(46, 'const h = () => {', '};')}\n${long(46, 'class C { m() {', '} }')}`,
    },
    lines: [1, 47, 93],
    kept: { 'a/x.ts': long(45, 'function g() {', '}') },
  },
  tuples: {
    broken: { 'a/x.ts': 'const [a, b] = [1, 2];\n[a, b] = [c, d];\nlet [e] = [f] as const;' },
    lines: [1, 2, 3],
    kept: {
      'a/x.ts':
        '[a, b] = [b, a];\n[r[i], r[j]] = [r[j] as T, r[i] as T];\nconst [c] = list;\nfor (const [d, e] of [[1, 2]]) f(d, e);',
    },
  },
  spreads: {
    broken: { 'a/x.ts': 'const a = { ...{ b, c } };\nf(...[1, 2]);' },
    lines: [1, 2],
    kept: { 'a/x.ts': 'const a = { ...b, ...(c && { d }) };' },
  },
  counts: {
    broken: { 'a/x.ts': 'f(`${n} pictures`);\ng(`Of ${a.length} empty files`);' },
    lines: [1, 2],
    kept: {
      'a/x.ts': "f(`at most ${n} files, ${speed} images/s, ${maxItems} items, ${counted(n, 'file')}`);",
    },
  },
  docstrings: {
    broken: {
      'a/x.ts': 'export const a = 1;\n// A comment.\nexport function f(): void {}\nexport type T = 1;',
    },
    lines: [1, 3, 4],
    kept: { 'a/x.ts': '/** A number. */\nexport const a = 1;\nconst b = 2;\nexport { b };' },
  },
  'doc-form': {
    broken: {
      'a/x.ts':
        '/** What it is. */\n/** Whether it is. */\n/** Return it. */\n/** The speed in images a second. */',
    },
    lines: [1, 2, 3, 4],
    kept: { 'a/x.ts': '/** Gives images per second, and what is left. */\n// What a comment says is free.' },
  },
  'throws-prose': {
    broken: { 'a/x.ts': '/** Reads it. Throws what the file system throws. */' },
    lines: [1],
    kept: { 'a/x.ts': '/**\n * Gives up an index that throws.\n * @throws Error, throws more.\n */' },
  },
  'throws-tags': {
    broken: {
      'a/x.ts':
        "/** Fails. */\nexport function f(): void {\n  if (x) throw new Error('X.');\n}\n/** Holds. */\nexport class C {\n  /** Fails. */\n  m(): void {\n    throw invalid('X.');\n  }\n}",
    },
    lines: [2, 8],
    kept: {
      'a/x.ts':
        '/** Catches. */\nexport function f(): void {\n  try {\n    throw new Error();\n  } catch (error) {\n    throw error;\n  }\n}\n/**\n * Fails.\n * @throws Error always.\n */\nexport const g = (): never => { throw new Error(); };',
    },
  },
  messages: {
    broken: {
      'a/x.ts':
        "throw new RangeError('it is wrong.');\nthrow new SnapshelfError('closed', `It is ${closed}`);\nthrow invalid('no full stop');\nconst e = () => new Error(`${path}: it ends`);",
    },
    lines: [1, 2, 3, 4],
    kept: {
      'a/x.ts':
        "throw new RangeError(`threads must be a whole number from 1 to 64, not ${threads}.`);\nthrow new SnapshelfError('closed', `${path} cannot be read: ${error.message}`);\nthrow invalid(reason);",
    },
  },
  flags: {
    broken: {
      'a/x.ts':
        "throw new RangeError('Leave it out with --skip-bad.');\nconst why = `${path} is bad (--strict ` + 'refuses).';\nrefuse(`Give \"snapshelf export --run RUN\".`);",
    },
    lines: [1, 2, 3],
    kept: {
      'a/x.ts':
        "const style = 'a { fill: var(--ink); --ink: red; }';\nconst flags = ['--v8-pool-size=0'];\n// Not --strict.\nthrow refuse('Reinstall it with: npm install --force sharp.');",
      'cli/x.ts': "throw new RangeError('Leave it out with --skip-bad.');",
    },
  },
  'unique-names': {
    broken: { 'a/b/x.ts': '', 'a/c/x.ts': '' },
    lines: [1],
    kept: { 'a/b/index.ts': '', 'a/c/index.ts': '', 'b/x.ts': '', 'c/x.ts': '' },
  },
  twins: {
    broken: { 'a/b.ts': '', 'a/b/c.ts': '', 'a/index.ts': '', 'a/index/d.ts': '' },
    lines: [1, 1],
    kept: { 'a/b/c.ts': '', 'a/c.ts': '' },
  },
  'page-texts': {
    broken: {
      'page/x.tsx': [
        'const A = () => <p>Find it</p>;',
        "const B = () => <img alt='A shelf' />;",
        "const C = ({ n }) => <p title={n > 1 ? 'Many' : words.one}>{n > 1 ? `${n} items` : n}</p>;",
        "const D = () => <>{isBad && 'Wrong'}</>;",
      ].join('\n'),
    },
    lines: [1, 2, 3, 3, 4],
    kept: {
      'page/x.tsx':
        "const A = ({ kind }) => <p class='box' alt=''>{kind === 'photo' ? words.photo : f('name')} · {words.of(3)}</p>;",
      'page/y.ts': "const b = 'No component';",
    },
  },
};
