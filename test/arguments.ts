// Wrong arguments of every function, derived from valid calls: what the functions make of them, and which options they say
// that they have.

import { init, NeocogError } from 'neocog';
import type { Sample } from './arguments.samples.ts';

const cyclic: unknown[] = [];
cyclic.push(cyclic);
// biome-ignore lint/suspicious/noSparseArray: a hole is what is meant.
const hole = [1, , 2];

/** What nobody should pass, by how a failure names it. */
export const wrongValues: Readonly<Record<string, unknown>> = {
  null: null,
  NaN: Number.NaN,
  '-1': -1,
  '-0': -0,
  '1.5': 1.5,
  Infinity: Number.POSITIVE_INFINITY,
  '2^31': 2 ** 31,
  '2^53': 2 ** 53,
  text: 'text',
  'an empty text': '',
  'a control character': '\u0007',
  true: true,
  bigint: 10n,
  symbol: Symbol('s'),
  function: () => undefined,
  '{}': {},
  '{ a: 1 }': { a: 1 },
  'no prototype': Object.create(null),
  '[]': [],
  '[NaN]': [Number.NaN],
  '[[]]': [[]],
  hole,
  cyclic,
  Map: new Map(),
  Date: new Date(0),
  RegExp: /x/,
  Uint8Array: new Uint8Array(3),
  BigInt64Array: new BigInt64Array(2),
  'a long list': new Array(50).fill(1),
  undefined: undefined,
};

export type Callable = (...args: unknown[]) => unknown;

/** What a call came to: a value, or what was thrown or rejected. */
export type Outcome = { readonly value: unknown } | { readonly thrown: unknown };

export async function outcomeOf(call: () => unknown): Promise<Outcome> {
  try {
    return { value: await call() };
  } catch (thrown) {
    return { thrown };
  }
}

export const isRefused = (outcome: Outcome): boolean => 'thrown' in outcome;

/** Null for a value or a NeocogError; else what is wrong with the outcome. */
export function faultOf(outcome: Outcome): string | null {
  if ('value' in outcome) return null;
  const { thrown } = outcome;
  if (!(thrown instanceof NeocogError))
    return thrown instanceof Error ? String(thrown.stack).slice(0, 300) : String(thrown);
  if (/neocog bug/.test(thrown.message)) return thrown.message;
  if (/\p{Cc}/u.test(thrown.message)) return `a control character in: ${JSON.stringify(thrown.message)}`;
  return thrown.message.length > 1000 ? `an error of ${thrown.message.length} characters` : null;
}

const isPlain = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** The place of the options among the arguments: the last one, where it is a plain object. */
export function optionsPlace({ args }: Sample): number | null {
  const all = args();
  return all.length > 0 && isPlain(all.at(-1)) ? all.length - 1 : null;
}

/** A call with one option set. */
export function withOption(args: readonly unknown[], name: string, value: unknown): unknown[] {
  return args.with(-1, { ...(args.at(-1) as object), [name]: value });
}

/** The options that a function says it has, from its own refusal; null where it takes any object. */
export async function optionsOf(call: Callable, sample: Sample): Promise<readonly string[] | null> {
  const outcome = await outcomeOf(() => call(...withOption(sample.args(), 'misspelt', 1)));
  const text = 'thrown' in outcome && outcome.thrown instanceof NeocogError ? outcome.thrown.message : '';
  const list = /option ['"]misspelt['"] is unknown; choose from (.*)$/.exec(text)?.[1];
  return list?.split(', ') ?? null;
}

/** What an option takes, in the words of the function's refusal of a symbol. */
export async function takesOf(call: Callable, sample: Sample, name: string): Promise<string | null> {
  const outcome = await outcomeOf(() => call(...withOption(sample.args(), name, Symbol('no value'))));
  const text = 'thrown' in outcome && outcome.thrown instanceof NeocogError ? outcome.thrown.message : '';
  return / is Symbol\(no value\); give (.*)$/.exec(text)?.[1] ?? null;
}

const isClass = (fn: Callable): boolean => /^class\b/.test(Function.prototype.toString.call(fn));

/** What a name of the samples calls: a function, a constructor, or a method of a fresh object. */
export function callable(space: object, name: string, sample: Sample): Callable {
  const [path, method] = name.split('#');
  const found = path.split('.').reduce<unknown>((at, key) => Reflect.get(Object(at), key), space) as Callable;
  if (method !== undefined)
    return (...args) => {
      const self = sample.self?.() as Record<string, Callable>;
      return self[method](...args);
    };
  if (isClass(found)) return (...args) => Reflect.construct(found, args);
  // Networks without values: what they refuse does not depend on them.
  return name.startsWith('models.') ? (...args) => init.skip(() => found(...args)) : found;
}

/** For subclasses, not for callers: TypeScript's `protected`. */
const isProtected = new Set(['run', 'ownTensors', 'takeShapes', 'mayLack']);

/** A namespace, not a list or a constant. */
const isSpace = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every function, class and method that a package exports, as samples name them. */
export function exportsOf(space: object, prefix = ''): string[] {
  return Object.entries(space).flatMap(([key, value]) => {
    const name = prefix + key;
    if (typeof value === 'function') return isClass(value) ? [name, ...methodsOf(name, value)] : [name];
    return isSpace(value) ? exportsOf(value, `${name}.`) : [];
  });
}

/** A class's own methods; layers and networks share those of Module. */
function methodsOf(name: string, Class: Callable): string[] {
  const own = Object.entries(Object.getOwnPropertyDescriptors(Class.prototype as object));
  const isModule = name.startsWith('nn.');
  if (isModule && name !== 'nn.Module') return [];
  const methods = own.filter(
    ([key, { value }]) =>
      typeof value === 'function' && key !== 'constructor' && !(isModule && isProtected.has(key)),
  );
  return methods.map(([key]) => `${name}#${key}`).filter((method) => !method.endsWith('#dispose'));
}
