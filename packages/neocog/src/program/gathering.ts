// What becomes of gradients before the optimiser sees them, in a compiled step: gathered over several batches and clipped. The
// update loop does it on its way; what has been gathered lies beside what the optimiser remembers.

import type { GraphValue } from '../backends/graph.ts';
import type { Expr } from '../expression/expression.ts';
import * as e from '../expression/expression.ts';
import { fuse } from '../ops/fuse.ts';
import { concat, reshape } from '../ops/index.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { Recorder } from './recorder.ts';

/** Inputs of the formulas of an update, beside those that a method names. */
export const names = {
  moves: 'gathering: moves',
  share: 'gathering: share',
  factor: 'gathering: factor',
  gathered: 'gathering: gathered',
} as const;

/** How gradients become a step. */
export interface Gathering {
  /** Batches whose gradients are averaged for one step of the optimiser. */
  readonly accumulate: number;
  /** The most that the joint norm of all gradients may be; null for any. */
  readonly clipNorm: number | null;
  /** The most that the magnitude of an entry may be; null for any. */
  readonly clipValue: number | null;
  /** Whether gradients come with those of the batches before in them. */
  readonly joined: boolean;
}

/** What one run of a step does with gradients. */
export interface Gathered {
  /** Whether the optimiser takes its step now. */
  readonly moves: boolean;
  /** Batches whose gradients are in it, this one included. */
  readonly batches: number;
  /** Samples of this rank that count. */
  readonly samples: number;
}

/** A gradient, and what was gathered of it in the batches before; null where each batch is a step. */
interface Part {
  readonly gradient: Tensor;
  readonly gathered: Float32Array | null;
}

/** Scalars of the update beside the optimiser's, by name. */
export type GatheringScalars = Readonly<Record<string, GraphValue>>;

/** The numbers that each run is given, before the optimiser's. */
export class GatheringInputs {
  readonly #tensors: readonly Tensor[];
  readonly values: readonly GraphValue[];

  constructor(recorder: Recorder, { accumulate }: Gathering) {
    this.#tensors = (accumulate > 1 ? ['moves', 'share'] : []).map(
      () => new Tensor(recorder.input(1, 'float32'), [1]),
    );
    this.values = this.#tensors.map((t) => recorder.valueOf(t.data));
  }

  /** 1 in runs that move the parameters, else 0; null where each batch is a step. */
  get moves(): Tensor | null {
    return this.#tensors[0] ?? null;
  }

  /** One divided by the number of batches; null where each batch is a step. */
  get share(): Tensor | null {
    return this.#tensors[1] ?? null;
  }

  numbersOf({ moves, batches }: Gathered): Float32Array[] {
    return this.values.length === 0 ? [] : [Float32Array.of(Number(moves)), Float32Array.of(1 / batches)];
  }

  scalars(): GatheringScalars {
    return this.values.length === 0 ? {} : { [names.moves]: this.values[0], [names.share]: this.values[1] };
  }
}

/** What scales all gradients so that their joint norm is at most `clipNorm`; as `clipGradNorm` does. */
export function clipFactor(parts: readonly Part[], clipNorm: number, share: Tensor | null): Tensor {
  const squares = parts.map(({ gradient, gathered }) => {
    const before = gathered ? [new Tensor(gathered, gradient.shape)] : [];
    const whole = gathered ? e.add(e.input(0), e.input(1)) : e.input(0);
    const into = gradient.shape.map(() => 1);
    return reshape(fuse('clip', e.mul(whole, whole), [gradient, ...before], { into }), [1]);
  });
  const sum = fuse('clip', e.input(0), [concat(squares, { axis: 0 })], { into: [1] });
  const norm = share ? e.mul(e.sqrt(e.input(0)), e.input(1)) : e.sqrt(e.input(0));
  return fuse('clip', e.min(e.constant(1), e.div(e.constant(clipNorm), e.add(norm, 1e-6))), [
    sum,
    ...(share ? [share] : []),
  ]);
}

/** Formulas of a step, over inputs by name. */
interface Moves {
  /** The new parameter, then the new memory in the order of `states`. */
  readonly formulas: readonly Expr[];
  readonly states: readonly string[];
  readonly inputOf: (name: string) => Expr;
}

/** What the optimiser is given for the gradient. */
export function meanGradient(
  { accumulate, clipNorm, clipValue, joined }: Gathering,
  inputOf: Moves['inputOf'],
): Expr {
  const whole = wholeGradient({ accumulate, joined }, inputOf);
  const mean = accumulate > 1 ? e.mul(whole, inputOf(names.share)) : whole;
  if (clipNorm !== null) return e.mul(mean, inputOf(names.factor));
  return clipValue === null ? mean : e.max(e.min(mean, clipValue), -clipValue);
}

const wholeGradient = (
  { accumulate, joined }: Pick<Gathering, 'accumulate' | 'joined'>,
  inputOf: Moves['inputOf'],
): Expr =>
  accumulate > 1 && !joined ? e.add(inputOf(names.gathered), inputOf('gradient')) : inputOf('gradient');

/** The formulas where they are to move only now and then, and last what is gathered. */
export function onlyWhenMoving(
  { accumulate, joined }: Gathering,
  { formulas, states, inputOf }: Moves,
): readonly Expr[] {
  if (accumulate === 1) return formulas;
  const moves = inputOf(names.moves);
  const before = ['parameter', ...states].map(inputOf);
  const gathered = e.select(moves, 0, wholeGradient({ accumulate, joined }, inputOf));
  return [...formulas.map((formula, i) => e.select(moves, formula, before[i])), gathered];
}
