// A value of a caller as it stands in an error: short, on one line, and never an error itself, whatever the value is.

const mostText = 60;
const mostItems = 8;

/** A value as it stands in an error: `[1,3,32,32]`, `'sam'`, `NaN`, `Tensor [2,3]`. */
export function show(value: unknown): string {
  try {
    return showAt(value, 0);
  } catch {
    return 'an object that cannot be read'; // a getter or a proxy of the caller's threw
  }
}

/** A text cut to a bearable length; errors escape what cannot be printed. */
export const shortText = (text: string): string =>
  text.length > mostText ? `${text.slice(0, mostText)}…` : text;

/** A number with its noun: `1 channel`, `3 channels`. */
export const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count} ${count === 1 ? one : many}`;

function showAt(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return `'${shortText(value)}'`;
    case 'bigint':
      return `${shortText(String(value))}n`;
    case 'function':
      return value.name ? `function ${shortText(value.name)}` : 'a function';
    case 'object':
      return value === null ? 'null' : showObject(value, depth);
    default:
      return Object.is(value, -0) ? '-0' : shortText(String(value));
  }
}

function showObject(value: object, depth: number): string {
  if (Array.isArray(value)) return depth > 2 ? '[…]' : `[${showItems(value, depth)}]`;
  const { constructor: made } = value;
  const kind = typeof made === 'function' && made !== Object ? shortText(made.name) : '';
  if (ArrayBuffer.isView(value)) return `${kind} of ${value.byteLength} bytes`;
  if (kind) return `${kind}${showForm(value as { shape?: unknown; dtype?: unknown }, depth)}`;
  const keys = Object.keys(value);
  const shown = keys.slice(0, 3).map((key) => shortText(key));
  return keys.length === 0 ? '{}' : `{ ${shown.join(', ')}${keys.length > 3 ? ', …' : ''} }`;
}

/** What a tensor is of: ` int32 [2,3]`. */
function showForm({ shape, dtype }: { shape?: unknown; dtype?: unknown }, depth: number): string {
  if (!Array.isArray(shape)) return ' (an object)';
  return `${typeof dtype === 'string' ? ` ${shortText(dtype)}` : ''} ${showAt(shape, depth + 1)}`;
}

/** Holes show as undefined. */
function showItems(list: readonly unknown[], depth: number): string {
  const shown = Array.from({ length: Math.min(list.length, mostItems) }, (_, i) =>
    showAt(list[i], depth + 1),
  );
  return shown.join(',') + (list.length > mostItems ? ',…' : '');
}
