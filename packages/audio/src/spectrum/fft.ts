// The fast Fourier transform of any length, on the host: for what meets a new length each time and needs no gradient, where a
// kernel would have to be made for each. Lengths with small factors are fast, primes are sums over all.
// Source: J. Cooley and J. Tukey, "An algorithm for the machine calculation of complex Fourier series" (1965).

import { cosOfTurn, sinOfTurn } from './turn.ts';

/** Real and imaginary parts. */
export interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

export const complexOf = (length: number): Complex => ({
  re: new Float64Array(length),
  im: new Float64Array(length),
});

/** Part of a transform: which inputs, and where the results go. */
interface Part {
  readonly length: number;
  readonly from: number;
  readonly step: number;
  readonly into: number;
}

const smallestFactor = (n: number): number => {
  for (let p = 2; p * p <= n; p++) if (n % p === 0) return p;
  return n;
};

/** Transforms of one length. */
export class Fft {
  readonly length: number;
  readonly #turns: Complex;
  /** Of one sum of `p` terms, for all `p`. */
  readonly #terms: Complex;

  constructor(length: number) {
    this.length = length;
    const table = (of: (t: number) => number) => Float64Array.from({ length }, (_, i) => of(i / length));
    this.#turns = { re: table(cosOfTurn), im: table((t) => -sinOfTurn(t)) };
    this.#terms = complexOf(length);
  }

  /** `into[k] = Σ from[n] e^(−2πi·kn/N)`. With real and imaginary parts exchanged on both sides it is N times the inverse. */
  transform(from: Complex, into: Complex): void {
    this.#part(from, into, { length: this.length, from: 0, step: 1, into: 0 });
  }

  #part(input: Complex, output: Complex, { length, from, step, into }: Part): void {
    if (length === 1) {
      output.re[into] = input.re[from];
      output.im[into] = input.im[from];
      return;
    }
    const p = smallestFactor(length);
    const rest = length / p;
    for (let r = 0; r < p; r++)
      this.#part(input, output, {
        length: rest,
        from: from + r * step,
        step: step * p,
        into: into + r * rest,
      });
    for (let k = 0; k < rest; k++) this.#combine(output, { p, rest, first: into + k, turn: k * step });
  }

  /** Turns `p` results by their twiddle factors, and takes their own transform of length `p`. */
  #combine(output: Complex, part: { p: number; rest: number; first: number; turn: number }): void {
    const { p, rest, first, turn } = part;
    const { re, im } = this.#turns;
    const terms = this.#terms;
    for (let r = 0; r < p; r++) {
      const [a, b] = [output.re[first + r * rest], output.im[first + r * rest]];
      const t = (r * turn) % this.length;
      terms.re[r] = a * re[t] - b * im[t];
      terms.im[r] = a * im[t] + b * re[t];
    }
    const quarter = this.length / p;
    for (let q = 0; q < p; q++) {
      let [x, y] = [0, 0];
      for (let r = 0; r < p; r++) {
        const t = (r * q * quarter) % this.length;
        x += terms.re[r] * re[t] - terms.im[r] * im[t];
        y += terms.re[r] * im[t] + terms.im[r] * re[t];
      }
      output.re[first + q * rest] = x;
      output.im[first + q * rest] = y;
    }
  }
}
