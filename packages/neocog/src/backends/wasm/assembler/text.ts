// The listing: WebAssembly's text format in its folded form, a line per statement, indented.

import type { Code, Local } from './code.ts';
import type { Definition, MemoryImport } from './definition.ts';
import type { Statement } from './func.ts';

const width = 110;

export function listing(memory: MemoryImport | undefined, functions: readonly Definition[]): string {
  const parts = [...(memory ? [memoryLine(memory)] : []), ...functions.map(functionText)];
  return `${group('(module', parts)}\n`;
}

/** `head`, the parts indented below it, and the closing bracket. */
const group = (head: string, parts: readonly string[]): string =>
  `${[head, ...parts.map((part) => part.replace(/^/gm, '  '))].join('\n')})`;

function memoryLine({ module, name, limits }: MemoryImport): string {
  const sizes = [limits.initial, limits.maximum ?? [], limits.shared ? 'shared' : []].flat().join(' ');
  return `(import "${module}" "${name}" (memory ${sizes}))`;
}

function functionText(f: Definition): string {
  const count = Object.keys(f.params).length;
  const declare = (word: string) => (l: Local) => `(${word} $${l.local} ${l.type})`;
  const head = [
    `(func $${f.name}`,
    ...(f.exported ? [`(export "${f.name}")`] : []),
    ...f.locals.slice(0, count).map(declare('param')),
    ...(f.result === 'void' ? [] : [`(result ${f.result})`]),
  ];
  const locals = f.locals.slice(count).map(declare('local'));
  const loops = { count: 0 };
  const statements = f.statements.map((s) => statementText(s, loops));
  return group(head.join(' '), [...locals, ...statements, ...(f.value ? [codeText(f.value)] : [])]);
}

function statementText(s: Statement, loops: { count: number }): string {
  const all = (body: readonly Statement[]): string[] => body.map((inner) => statementText(inner, loops));
  if (s.kind === 'note') return `;; ${s.text}`;
  if (s.kind === 'run') return codeText(s.code);
  if (s.kind === 'set') return fold(`(local.set $${s.local.local}`, [codeText(s.code)]);
  if (s.kind === 'loop') {
    const label = `$loop${++loops.count}`;
    return group(`(loop ${label}`, [...all(s.body), fold(`(br_if ${label}`, [codeText(s.again)])]);
  }
  const otherwise = s.otherwise.length > 0 ? [group('(else', all(s.otherwise))] : [];
  return group(`(if ${codeText(s.condition)}`, [group('(then', all(s.body)), ...otherwise]);
}

export function codeText(code: Code): string {
  return fold(`(${[code.name, code.immediate.text].filter(Boolean).join(' ')}`, code.operands.map(codeText));
}

/** On one line where it fits, else a line per operand. */
function fold(head: string, operands: readonly string[]): string {
  const line = `${[head, ...operands].join(' ')})`;
  return line.length <= width && !line.includes('\n') ? line : group(head, operands);
}
