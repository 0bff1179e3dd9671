// What takes part in a run of `fit`: callbacks, what they see of it, and what they put into a checkpoint.

import { type Field, field, isListOf, isRecord } from '../arguments/field.ts';
import type { Module, StateDict } from '../nn/index.ts';
import type { FitOptimizer } from './parties.ts';
import type { BatchReport, EpochReport, FitHistory } from './reports.ts';

type Awaitable = void | Promise<void>;

/** What a callback remembers, for a checkpoint. */
export interface CallbackState {
  /** What JSON can hold; NaN and infinities too. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Tensors by key. */
  readonly tensors?: StateDict | undefined;
}

/** A run of `fit`, as callbacks see it. */
export interface FitRun {
  /** What is trained. With a trainer it has the weights of now after `sync`, at the end of an epoch, and at the end of the run. */
  readonly module: Module;
  /** What moves it. */
  readonly optimizer: FitOptimizer;
  /** Epochs of the whole run. */
  readonly epochs: number;
  /** Whether this run goes on from a checkpoint, or would have if there had been one. */
  readonly resumed: boolean;
  /** Averages that stand for the weights, in validation and at the end; null where nobody makes any. */
  averaged: StateDict | null;
  /** Brings the weights of a trainer into the module. */
  sync(): void;
  /** Ends the run: after an epoch there is no other one, after a batch no further one. */
  stop(reason: string): void;
  /** All that `resume` needs, as the bytes of a file; now, after what the other callbacks have done. */
  checkpoint(): Uint8Array;
}

/**
 * Something that takes part in a run. Its methods are awaited, callback after callback in the order of the list, those with a
 * higher `rank` later.
 */
export interface FitCallback {
  /** Unique in a run; names its state in checkpoints. */
  readonly name: string;
  /** Whether it writes files or the like: where ranks train together, only rank 0 calls it. Default false. */
  readonly alone?: boolean | undefined;
  /** Default 0. `earlyStopping` has 1, `checkpoint` 2: it keeps what the others have done. */
  readonly rank?: number | undefined;
  /** Before the first batch; after `restore`. */
  onStart?(run: FitRun): Awaitable;
  /** After every batch. */
  onBatch?(report: BatchReport, run: FitRun): Awaitable;
  /** Before `validation` is measured after an epoch, if there is one. */
  beforeValidation?(run: FitRun): Awaitable;
  /** After `validation`, also if it fails. */
  afterValidation?(run: FitRun): Awaitable;
  /** After every epoch. */
  onEpoch?(report: EpochReport, run: FitRun): Awaitable;
  /** When the run ends within an epoch; before `onEnd`. */
  onStop?(run: FitRun): Awaitable;
  /** When the run has ended, but for an error. */
  onEnd?(history: FitHistory, run: FitRun): Awaitable;
  /** What it remembers. */
  state?(): CallbackState;
  /** Goes on from what `state` gave in an earlier run. */
  restore?(state: CallbackState): Awaitable;
}

const methods = [
  'onStart',
  'onBatch',
  'beforeValidation',
  'afterValidation',
  'onEpoch',
  'onStop',
  'onEnd',
  'state',
  'restore',
] as const satisfies readonly (keyof FitCallback)[];

const isCallback = (v: unknown): boolean =>
  isRecord(v) &&
  typeof v.name === 'string' &&
  methods.every((method) => v[method] === undefined || typeof v[method] === 'function');

export const someCallbacks: Field<readonly FitCallback[]> = field(
  'a list of callbacks, such as earlyStopping() and checkpoint(folder), each with a name of its own',
  (v) => isListOf(v, isCallback) && new Set(v.map((one) => (one as FitCallback).name)).size === v.length,
);

/** In the order in which they are called. */
export const inOrder = (callbacks: readonly FitCallback[]): readonly FitCallback[] =>
  [...callbacks].sort((a, b) => (a.rank ?? 0) - (b.rank ?? 0));
