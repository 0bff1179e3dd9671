// What compileTraining is told, and what it refuses.

import { above, count, field, flag, instance, isRecord, required } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import { aTune, type Choices, type TuneOptions } from '../backends/tuning.ts';
import { aWorld, type Compression, type World } from '../backends/world.ts';
import { ShapeError } from '../errors.ts';
import { Optimizer } from '../optim/optimizer.ts';
import { aDType, aShape } from '../tensor/fields.ts';
import type { Shape } from '../tensor/shape.ts';
import type { Gathering } from './gathering.ts';
import type { Loss, TargetSpec } from './traceTraining.ts';

/** What a compiled training step is made of. */
export interface CompileTrainingOptions {
  /** Shape of a batch, `[n, c, …]`. A step may take fewer samples; a last batch usually does. */
  input: Shape;
  /**
   * Shape and dtype of the targets. Default: int32 class indices `[n, …]` where the loss is over classes, else float32 of
   * the output's shape.
   */
  target?: TargetSpec | undefined;
  /** Of output and target: a tensor of one element. Usually one of the losses, such as `crossEntropy`. */
  loss: Loss;
  /** Any of `optim`. Its settings may change between steps. */
  // biome-ignore lint/suspicious/noExplicitAny: the settings of any optimiser.
  optimizer: Optimizer<any>;
  /** Batches whose gradients are averaged for one step of the optimiser. Default 1. */
  accumulate?: number | undefined;
  /** Scales the gradients so that their joint norm is at most this, as `optim.clipGradNorm` does. Default: any norm. */
  clipNorm?: number | undefined;
  /** Holds each entry of the gradients within ± this, as `optim.clipGradValue` does. Default: any value. */
  clipValue?: number | undefined;
  /** Threads to run on, this one included. Default: `configure({ threads })`, which is 1 unless set. */
  threads?: number | undefined;
  /**
   * Losses, outputs and parameters are the same bits on every engine and for any number of threads, as for `compile`.
   * Default false, which is faster.
   */
  exact?: boolean | undefined;
  /**
   * Algorithms of convolutions and their gradients are timed, or follow choices that were kept, as for `compile`. Default false: estimates
   * decide.
   */
  tune?: boolean | Choices | TuneOptions | undefined;
  /**
   * Computes activations again on the way back where one pass over memory does, instead of keeping them: what relu and a normalisation give,
   * whose input is kept in any case. Takes less memory and a little longer; results are the same bits. Default false.
   */
  recompute?: boolean | undefined;
  /**
   * Trains on all ranks of a world as one: each takes batches of its own, and gradients, losses and running statistics are means over
   * the samples of all. The loss has to be a mean over samples. Weights and what the optimiser remembers are those of rank 0 at the
   * start, and the same bits on all ranks after each step. Default: this process alone.
   */
  world?: World | undefined;
  /** Normalise every batch by the samples of all ranks, as layers with `sync` do. Default false. */
  sync?: boolean | undefined;
  /** How gradients travel between ranks. Default: all their digits. */
  compress?: Compression | undefined;
  /** Steps after which ranks make sure, and after as many again, that their weights are the same. Default 100. */
  compareEvery?: number | undefined;
}

const targetFields: Fields<TargetSpec> = { shape: required(aShape), dtype: required(aDType) };
const fields: Fields<CompileTrainingOptions> = {
  input: required(
    field('a shape [n, c, …] with at least one sample', (v) => aShape.ok(v) && (v as Shape)[0] >= 1),
  ),
  target: field('a target { shape, dtype }', isRecord),
  loss: required(field('a function such as crossEntropy', (v) => typeof v === 'function')),
  optimizer: required(instance('an Optimizer, such as new optim.SGD(…)', Optimizer)),
  accumulate: count,
  clipNorm: above(0),
  clipValue: above(0),
  threads: count,
  exact: flag,
  tune: aTune,
  recompute: flag,
  world: aWorld,
  sync: flag,
  compress: field("'float16', or { topK } with a share between 0 and 1", isCompression),
  compareEvery: count,
};

const isShare = (v: unknown): boolean => typeof v === 'number' && v > 0 && v < 1;

function isCompression(v: unknown): boolean {
  return v === 'float16' || (isRecord(v) && isShare(v.topK) && Object.keys(v).length === 1);
}

/** How gradients become a step. @throws ShapeError for options that are wrong, and for two kinds of clipping */
export function checkOptions(options: CompileTrainingOptions): Gathering {
  needOptions('compileTraining', options, fields);
  if (options.target) needOptions('compileTraining', options.target, targetFields, 'target');
  const { accumulate = 1, clipNorm, clipValue, world } = options;
  if (world === undefined) needNoWorld(options);
  if (clipNorm === undefined || clipValue === undefined) {
    const joined = world !== undefined && world.size > 1;
    return { accumulate, clipNorm: clipNorm ?? null, clipValue: clipValue ?? null, joined };
  }
  throw new ShapeError('compileTraining: clipNorm and clipValue are both given; give one of them');
}

function needNoWorld(options: CompileTrainingOptions): void {
  const stray = (['sync', 'compress', 'compareEvery'] as const).find((name) => options[name] !== undefined);
  if (stray === undefined) return;
  throw new ShapeError(`compileTraining: ${stray} is given, and no world; give one, or leave ${stray} out`);
}
