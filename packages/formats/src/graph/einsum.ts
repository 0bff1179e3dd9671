// Sums of products by NumPy's notation: 'bij,bjk->bik'. See https://numpy.org/doc/stable/reference/generated/numpy.einsum.html

import { expand, matmul, permute, reshape, ShapeError, sum, type Tensor } from 'neocog';
import { counted } from 'neocog/arguments';
import { willMake } from '../budget.ts';
import { product, stridesOf } from '../shape.ts';
import { pick } from './places.ts';

/** A letter for each axis of each operand, and for those of the result; `...` stands for any number of axes. */
export interface Equation {
  readonly terms: readonly string[];
  readonly result: string;
}

/** More operands than anybody multiplies; each is looked at for each. */
const mostTerms = 100;

/** null for a text that is no equation. */
export function parseEquation(text: string): Equation | null {
  const [left, right] = text.replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (terms.length > mostTerms) return null;
  const result = right ?? implicitResult(left);
  const plain = (term: string): boolean => /^[a-zA-Z]*(\.{3})?[a-zA-Z]*$/.test(term);
  const letters = new Set(left);
  const known = [...result].every((letter) => letters.has(letter));
  const once = new Set(result.replace('...', '')).size === result.replace('...', '').length;
  return terms.every(plain) && plain(result) && known && once ? { terms, result } : null;
}

/** The axes of `...`, then letters that occur once, in the order of the alphabet. */
function implicitResult(left: string): string {
  const single = [...new Set(left)].filter(
    (letter) => /[a-zA-Z]/.test(letter) && left.split(letter).length === 2,
  );
  return (left.includes('...') ? '...' : '') + single.sort().join('');
}

/** A value whose axes have names, no two the same. */
interface Labelled {
  readonly labels: readonly string[];
  readonly value: Tensor;
}

/** @throws ShapeError if operands do not have the axes of the equation, or sizes differ. */
export function einsum({ terms, result }: Equation, operands: readonly Tensor[]): Tensor {
  if (operands.length !== terms.length) {
    throw new ShapeError(
      `einsum: the equation has ${counted(terms.length, 'operand')}, but there are ${operands.length}`,
    );
  }
  const free = operands.map((t, i) => t.rank - terms[i].replace('...', '').length);
  const wanted = lettersOf(result, Math.max(0, ...free.filter((_, i) => terms[i].includes('...'))));
  const parts = operands.map((value, i) => diagonal({ labels: lettersOf(terms[i], free[i]), value }));
  const all = sameSizes(parts);
  const joined = all.slice(1).reduce<Labelled>((a, b, i) => {
    const later = all.slice(i + 2).flatMap(({ labels }) => labels);
    return multiply(a, b, [...wanted, ...later]);
  }, all[0]);
  const { labels, value } = keepOnly(joined, wanted);
  return permute(
    value,
    wanted.map((label) => labels.indexOf(label)),
  );
}

/** Letters of a term; the axes of `...` count from the last one. */
function lettersOf(term: string, free: number): string[] {
  const [before, after] = term.split('...');
  if (after === undefined) return [...before];
  return [...before, ...Array.from({ length: free }, (_, i) => `.${free - i}`), ...after];
}

/** An axis that occurs twice is walked along its diagonal. */
function diagonal({ labels, value }: Labelled): Labelled {
  if (labels.length !== value.rank) {
    throw new ShapeError(
      `einsum: an operand has shape [${value.shape}], but the equation names ${counted(labels.length, 'axis', 'axes')}`,
    );
  }
  const kept = [...new Set(labels)];
  if (kept.length === labels.length) return { labels, value };
  const strides = stridesOf(value.shape);
  const shape = kept.map((label) => {
    const [size, ...others] = value.shape.filter((_, d) => labels[d] === label);
    if (others.every((n) => n === size)) return size;
    throw new ShapeError(`einsum: axis ${label} has sizes ${[size, ...others].join(' and ')} in one operand`);
  });
  const steps = kept.map((label) =>
    labels.reduce((n, other, d) => (other === label ? n + strides[d] : n), 0),
  );
  const own = stridesOf(shape);
  willMake(product(shape), 'einsum');
  const places = Array.from({ length: product(shape) }, (_, i) =>
    steps.reduce((place, step, d) => place + (Math.floor(i / own[d]) % shape[d]) * step, 0),
  );
  return { labels: kept, value: pick(value, shape, places) as Tensor };
}

/** Axes of `...` broadcast; others must have one size. */
function sameSizes(parts: readonly Labelled[]): Labelled[] {
  const sizes = new Map<string, number>();
  for (const { labels, value } of parts) {
    labels.forEach((label, d) => {
      const [size, n] = [sizes.get(label) ?? 1, value.shape[d]];
      if (size !== n && size !== 1 && n !== 1) {
        throw new ShapeError(`einsum: axis ${label} has sizes ${size} and ${n}`);
      }
      sizes.set(label, Math.max(size, n));
    });
  }
  return parts.map(({ labels, value }) => {
    const shape = labels.map((label) => sizes.get(label)!);
    const fits = shape.every((n, d) => n === value.shape[d]);
    return { labels, value: fits ? value : expand(value, shape) };
  });
}

/** Sums over axes that nobody wants. */
function keepOnly({ labels, value }: Labelled, wanted: readonly string[]): Labelled {
  const axis = labels.flatMap((label, d) => (wanted.includes(label) ? [] : [d]));
  if (axis.length === 0) return { labels, value };
  return { labels: labels.filter((label) => wanted.includes(label)), value: sum(value, { axis }) };
}

/** As a batched matrix product: common axes that are wanted are the batch, other common ones the inner axis. */
function multiply(left: Labelled, right: Labelled, wanted: readonly string[]): Labelled {
  const kept = (own: Labelled, other: Labelled): Labelled => keepOnly(own, [...wanted, ...other.labels]);
  const [a, b] = [kept(left, right), kept(right, left)];
  const size = (label: string): number => {
    const [own, at] = a.labels.includes(label) ? [a, a.labels.indexOf(label)] : [b, b.labels.indexOf(label)];
    return own.value.shape[at];
  };
  const common = a.labels.filter((label) => b.labels.includes(label));
  const batch = common.filter((label) => wanted.includes(label));
  const inner = common.filter((label) => !wanted.includes(label));
  const rows = a.labels.filter((label) => !common.includes(label));
  const columns = b.labels.filter((label) => !common.includes(label));
  const arrange = ({ labels, value }: Labelled, groups: readonly (readonly string[])[]): Tensor =>
    reshape(
      permute(
        value,
        groups.flat().map((label) => labels.indexOf(label)),
      ),
      groups.map((group) => product(group.map(size))),
    );
  const y = matmul(arrange(a, [batch, rows, inner]), arrange(b, [batch, inner, columns]));
  const labels = [...batch, ...rows, ...columns];
  return { labels, value: reshape(y, labels.map(size)) };
}
