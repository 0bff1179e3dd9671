// tensorBoard: the numbers of a run for `tensorboard --logdir`.

import { count, flag, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import type { CallbackState, FitCallback, FitRun } from './callback.ts';
import { scalarsEvent, versionEvent } from './events.ts';
import { inFolder } from './files.ts';
import { aTarget, LogFile, type LogOptions, type LogSink, lengthIn } from './logFile.ts';
import type { BatchReport, EpochReport } from './reports.ts';

/** What `tensorBoard` writes beside epochs. */
export interface TensorBoardOptions extends LogOptions {
  /** The loss and the learning rate of every so many batches too. Default: of epochs only. */
  every?: number | undefined;
}

const fields: Fields<TensorBoardOptions> = { overwrite: flag, every: count };

/** TensorBoard looks for `tfevents` in names. */
const fileName = 'events.out.tfevents.neocog';

/**
 * Writes what TensorBoard shows: `loss/training`, `accuracy/training`, `loss/validation`, `accuracy/validation` and
 * `learning rate` after every epoch, and `loss/batch` if wanted. Steps are batches over all epochs.
 *
 * @param to the path of a folder, which is made, for its file `events.out.tfevents.neocog`; or something with `write`, which gets
 * the records as bytes.
 * @throws ShapeError for a file of another run that is there, unless `fit` resumes. @throws UnsupportedError for a path where there
 * are no files.
 * @example await fit(net, loader, { epochs: 9, optimizer, callbacks: [tensorBoard('runs/1', { every: 50 })] });
 */
export function tensorBoard(to: string | LogSink<Uint8Array>, options: TensorBoardOptions = {}): FitCallback {
  need('tensorBoard', 'to', to, aTarget);
  needOptions('tensorBoard', options, fields);
  return new EventLog(typeof to === 'string' ? inFolder(to, fileName) : to, options);
}

const now = (): number => Date.now() / 1000;

class EventLog implements FitCallback {
  readonly name = 'tensorBoard';
  readonly alone = true;
  readonly #file: LogFile<Uint8Array>;
  readonly #options: TensorBoardOptions;
  #known: number | null = null;
  #isRestored = false;

  constructor(to: string | LogSink<Uint8Array>, options: TensorBoardOptions) {
    this.#file = new LogFile('tensorBoard', to, (record) => record);
    this.#options = options;
  }

  async onStart({ resumed }: FitRun): Promise<void> {
    const { overwrite = false } = this.#options;
    const isEmpty = await this.#file.open(this.#known, resumed || overwrite);
    if (isEmpty && !(this.#isRestored && this.#known === null)) await this.#file.write(versionEvent(now()));
  }

  async onBatch({ step, batchLoss, lr }: BatchReport): Promise<void> {
    const { every } = this.#options;
    if (every !== undefined && step % every === 0)
      await this.#write(step, { 'loss/batch': batchLoss, 'learning rate': lr });
  }

  async onEpoch({ step, loss, accuracy, lr, validation }: EpochReport): Promise<void> {
    const measured = validation && {
      'loss/validation': validation.loss,
      'accuracy/validation': validation.accuracy,
    };
    await this.#write(step, {
      'loss/training': loss,
      'accuracy/training': accuracy,
      ...measured,
      ...(this.#options.every === undefined && { 'learning rate': lr }),
    });
  }

  state(): CallbackState {
    return { values: { length: this.#file.length } };
  }

  restore({ values }: CallbackState): void {
    this.#known = lengthIn(values);
    this.#isRestored = true;
  }

  /** Accuracies of what is no class are left out. */
  #write(step: number, values: Readonly<Record<string, number>>): Promise<void> {
    const known = Object.fromEntries(Object.entries(values).filter(([, value]) => !Number.isNaN(value)));
    return this.#file.write(scalarsEvent({ seconds: now(), step, values: known }));
  }
}
