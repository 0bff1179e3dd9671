// A checkpoint: all that a run needs to go on with the same bits, and its form as the bytes of a file. The weights lie under
// their own keys, so that any reader of safetensors finds them; everything else begins with `neocog:`.

import { isRecord, isSize } from '../arguments/field.ts';
import type { SourceState } from '../data/source.ts';
import type { TallyState } from '../data/tally.ts';
import { FormatError } from '../errors.ts';
import type { StateDict } from '../nn/index.ts';
import type { OptimizerState } from '../optim/state.ts';
import type { GeneratorState } from '../tensor/random.ts';
import { Tensor } from '../tensor/tensor.ts';
import type { CallbackState } from './callback.ts';
import type { Ratios } from './rates.ts';
import type { EpochReport } from './reports.ts';
import { readTensors, writeTensors } from './tensorFile.ts';

/** Where a run stood, and all that it takes to go on. */
export interface Checkpoint {
  /** The epoch that goes on, from 1: after the last batch of one and its validation, the next. */
  readonly epoch: number;
  /** Batches of this epoch that are done. */
  readonly batch: number;
  /** Batches that are done in all epochs. */
  readonly step: number;
  /** Parameters and buffers as they were trained. */
  readonly weights: StateDict;
  /** The averages that `ema` made of them; null without it. */
  readonly averaged: StateDict | null;
  /** Settings and memory of the optimiser. */
  readonly optimizer: OptimizerState;
  /** What callbacks remember, by their names. */
  readonly callbacks: Readonly<Record<string, CallbackState>>;
  /** The epochs before. */
  readonly epochs: readonly EpochReport[];
  /** The loss of every batch before. */
  readonly batchLosses: Float32Array;
  /** The rest, for `resume`. */
  readonly rest: CheckpointRest;
}

/** What only `resume` looks at. */
export interface CheckpointRest {
  /** Where the loader stood; null for one that does not say. */
  readonly source: SourceState | null;
  /** Means over the epoch so far. */
  readonly tally: TallyState;
  /** Rates of groups to the rate of all. */
  readonly ratios: Ratios;
  /** The default generator under '', and those of parts by their keys. */
  readonly random: Readonly<Record<string, GeneratorState>>;
}

const textKey = 'neocog.fit';
const optimizerPrefix = 'neocog:optimizer/';
const lossesKey = 'neocog:batchLosses';
const callbackPrefix = (name: string): string => `neocog:callback/${encodeURIComponent(name)}/`;

/** What JSON has no word for. */
const unwritable = new Map<unknown, string>([
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
]);

const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, v) => {
    if (typeof v === 'number' && unwritable.has(v)) return { $number: unwritable.get(v) };
    return Object.is(v, -0) ? { $number: '-0' } : v;
  });

const fromJson = (text: string): unknown =>
  JSON.parse(text, (_, v) => (isRecord(v) && typeof v.$number === 'string' ? Number(v.$number) : v));

const prefixed = (prefix: string, tensors: StateDict = {}): StateDict =>
  Object.fromEntries(Object.entries(tensors).map(([key, t]) => [prefix + key, t]));

const under = (prefix: string, tensors: StateDict): StateDict =>
  Object.fromEntries(
    Object.entries(tensors).flatMap(([key, t]) =>
      key.startsWith(prefix) ? [[key.slice(prefix.length), t]] : [],
    ),
  );

/** Without what is large and can be measured again. */
const withoutSamples = (report: EpochReport): EpochReport => {
  if (report.validation === null) return report;
  const { loss, accuracy, confusion } = report.validation;
  return { ...report, validation: { loss, accuracy, confusion } as EpochReport['validation'] };
};

const withSamples = (report: EpochReport): EpochReport =>
  report.validation === null
    ? report
    : {
        ...report,
        validation: {
          ...report.validation,
          predictions: new Int32Array(0),
          confidences: new Float32Array(0),
        },
      };

/** The bytes of a file with all of it. */
export function encodeCheckpoint(checkpoint: Omit<Checkpoint, 'averaged'>): Uint8Array {
  const { epoch, batch, step, rest, optimizer, callbacks, weights, batchLosses } = checkpoint;
  const values = Object.fromEntries(Object.entries(callbacks).map(([name, state]) => [name, state.values]));
  const more = Object.entries(callbacks).map(([name, { tensors }]) =>
    prefixed(callbackPrefix(name), tensors),
  );
  const { options, groups, tensors } = optimizer;
  const epochs = checkpoint.epochs.map(withoutSamples);
  const text = toJson({
    version: 1,
    epoch,
    batch,
    step,
    rest,
    optimizer: { options, groups },
    callbacks: values,
    epochs,
  });
  return writeTensors({
    texts: { [textKey]: text, epoch: String(epoch), step: String(step) },
    tensors: {
      ...weights,
      ...prefixed(optimizerPrefix, tensors),
      ...Object.assign({}, ...more),
      [lossesKey]: new Tensor(batchLosses, [batchLosses.length]),
    },
  });
}

/** @throws FormatError for bytes that are no checkpoint; `about` begins the sentence */
export function decodeCheckpoint(bytes: Uint8Array, about: string): Checkpoint {
  const { tensors, texts } = readTensors(bytes, about);
  const said = readText(texts[textKey]);
  const losses = tensors[lossesKey]?.data;
  if (said === null || !(losses instanceof Float32Array))
    throw new FormatError(`${about} is no checkpoint: it has weights alone; load them with loadSafetensors`);
  const callbacks = Object.entries(said.callbacks).map(([name, values]): [string, CallbackState] => {
    return [name, { values, tensors: under(callbackPrefix(name), tensors) }];
  });
  const byName = Object.fromEntries(callbacks);
  return {
    ...said,
    weights: Object.fromEntries(Object.entries(tensors).filter(([key]) => !key.startsWith('neocog:'))),
    averaged: byName.ema?.tensors ?? null,
    optimizer: { ...said.optimizer, tensors: under(optimizerPrefix, tensors) },
    callbacks: byName,
    epochs: said.epochs.map(withSamples),
    batchLosses: losses,
  };
}

/** What the text of a file says; its numbers are looked at where they are used. */
interface Said extends Pick<Checkpoint, 'epoch' | 'batch' | 'step' | 'rest'> {
  readonly optimizer: Omit<OptimizerState, 'tensors'>;
  readonly callbacks: Readonly<Record<string, CallbackState['values']>>;
  readonly epochs: readonly EpochReport[];
}

function readText(text: string | undefined): Said | null {
  if (text === undefined) return null;
  try {
    const said = fromJson(text);
    return isRecord(said) && isSaid(said) ? said : null;
  } catch {
    return null;
  }
}

const isSaid = (v: Readonly<Record<string, unknown>>): v is Said & Readonly<Record<string, unknown>> =>
  v.version === 1 &&
  isPlace(v) &&
  [v.rest, v.optimizer, v.callbacks].every(isRecord) &&
  Array.isArray(v.epochs);

const isRest = (v: unknown): boolean =>
  isRecord(v) &&
  isRecord(v.random) &&
  isRecord(v.tally) &&
  [v.tally.lossSum, v.tally.samples, v.tally.labels, v.tally.right].every((n) => typeof n === 'number') &&
  Array.isArray(v.ratios) &&
  (v.source === null || isRecord(v.source));

const isPlace = ({ epoch, batch, step }: Readonly<Record<string, unknown>>): boolean =>
  isSize(epoch, 1) && isSize(batch, 0) && isSize(step, 0);

/** Whether it is what `readCheckpoint` gives. */
export const isCheckpoint = (v: unknown): v is Checkpoint =>
  isRecord(v) && isPlace(v) && isRest(v.rest) && [v.optimizer, v.callbacks, v.weights].every(isRecord);
