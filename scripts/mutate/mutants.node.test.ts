import { describe, expect, it } from 'vitest';
import { apply, describe as describeChange, mutantsOf } from './mutants.js';
import { testsOf } from './tests.js';

/** All changed sources. */
const changes = (source: string): string[] =>
  mutantsOf('a.ts', source).map((mutant) => apply(source, mutant));

describe('mutantsOf', () => {
  it('swaps operators, at their boundary and by their opposite', () => {
    expect(changes('f(a < b);')).toEqual([';', 'f(a <= b);', 'f(a >= b);']);
    expect(changes('x = a + b * c;')).toEqual([';', 'x = a - b * c;', 'x = a + b / c;']);
    expect(changes('x = !a;')).toEqual([';', 'x = (a);']);
  });

  it('moves numbers, turns booleans, fixes conditions', () => {
    expect(changes('const a = 3, b = 0, c = true;')).toEqual([
      'const a = 4, b = 0, c = true;',
      'const a = 2, b = 0, c = true;',
      'const a = 3, b = 1, c = true;',
      'const a = 3, b = 0, c = false;',
    ]);
    const inFunction = (text: string): string => `() => { ${text} }`;
    expect(changes(inFunction('if (a) return b;'))).toEqual(
      ['if (true) return b;', 'if (false) return b;', 'if (a) return undefined;'].map(inFunction),
    );
  });

  it('swaps arguments, and drops calls that only hand on', () => {
    expect(changes('const c = f(a, b);')).toEqual(['const c = f(b, a);']);
    expect(changes('const c = e.sub(a, b);')).toEqual(['const c = e.sub(b, a);']);
    expect(changes('const c = e.add(a, max(b, d));')).toEqual([]);
    expect(changes('const c = a.filter(g);')).toEqual(['const c = a;']);
    expect(changes('const c = a.some(g);')).toEqual(['const c = a.every(g);']);
  });

  it('leaves types, imports, texts and the words of errors alone', () => {
    const source = `import { a } from 'b';
type T = 1 | 2;
const s: 3 | undefined = x as 3;
const text = 'a' + b;
throw new Error(\`\${1 + 2} is wrong\`);
assert(a < 3, 'small');`;
    expect(changes(source)).toEqual([]);
  });

  it('tells the lines that differ', () => {
    const source = 'const a = 1;\n  const b = c\n    && d;\n';
    const [, mutant] = mutantsOf('a.ts', source);
    expect(mutant).toMatchObject({ line: 2, kind: 'operator &&' });
    expect(describeChange(source, mutant)).toEqual({
      before: '  const b = c\n    && d;',
      after: '  const b = c\n    || d;',
    });
  });
});

describe('testsOf', () => {
  it('begins with the test of the file itself, then what lies beside it, then its area', () => {
    const all = [
      'lib/geometry/a.test.ts',
      'geometry/conv.test.ts',
      'test/errors.test.ts',
      'test/types.test.ts',
    ];
    const at = 'packages/neocog/src/geometry';
    const tests = [...all, `${at}/conv.test.ts`, `${at}/text.test.ts`];
    expect(testsOf(`${at}/text.ts`, tests)).toEqual([
      `${at}/text.test.ts`,
      `${at}/conv.test.ts`,
      'test/errors.test.ts',
    ]);
  });
});
