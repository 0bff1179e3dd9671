// Single kernels of convolutions in the checked mode: every algorithm that takes a geometry, with arrays in every order and place.

import {
  formatConv,
  type Generator,
  Generator as Numbers,
  parseConv,
} from '../../packages/neocog/src/index.ts';
import { checkGeometry, drawConvolution } from '../checked/convolutions.ts';
import { smallerSizes } from './drawing.ts';
import { type FuzzKind, judged } from './kind.ts';

type Drawn = NonNullable<ReturnType<typeof drawConvolution>>;

interface KernelCase {
  /** As `formatConv` writes it. */
  readonly geometry: string;
  readonly kernel: Drawn['kernel'];
  readonly engine: Drawn['engine'];
  /** Of values, places and pieces. */
  readonly seed: number;
}

/** A text with each of its numbers made smaller in turn. */
function* smallerNumbers(text: string): Iterable<string> {
  for (const { index, 0: digits } of text.matchAll(/\d+/g))
    for (const n of smallerSizes(Number(digits), 0))
      yield text.slice(0, index) + n + text.slice(index + digits.length);
}

export const kernels: FuzzKind<KernelCase> = {
  name: 'kernels',
  about: 'kernels of every algorithm for one convolution, each load and store checked',
  draw(random: Generator) {
    const drawn = drawConvolution(random);
    if (!drawn) return null;
    return { ...drawn, geometry: formatConv(drawn.geometry), seed: random.integer(2 ** 30) };
  },
  check({ geometry, kernel, engine, seed }) {
    const g = judged(() => parseConv(geometry));
    checkGeometry(g, kernel, { engine, random: new Numbers(seed) });
  },
  *smaller(c) {
    for (const geometry of smallerNumbers(c.geometry)) yield { ...c, geometry };
  },
};
