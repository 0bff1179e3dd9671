// csvLog and jsonLog: the numbers of a run as text, a line each.

import { count, flag, need } from '../arguments/field.ts';
import { type Fields, needOptions } from '../arguments/options.ts';
import type { CallbackState, FitCallback, FitRun } from './callback.ts';
import { aTarget, LogFile, type LogOptions, type LogSink, lengthIn } from './logFile.ts';
import type { BatchReport, EpochReport } from './reports.ts';

const utf8 = (line: string): Uint8Array => new TextEncoder().encode(line);

/** A log of lines: what all of them do at the start and in checkpoints. */
abstract class LineLog implements FitCallback {
  readonly name: string;
  readonly alone = true;
  readonly #file: LogFile<string>;
  readonly #overwrite: boolean;
  #known: number | null = null;
  #isRestored = false;

  constructor(name: string, to: string | LogSink<string>, { overwrite = false }: LogOptions) {
    this.name = name;
    this.#file = new LogFile(name, to, utf8);
    this.#overwrite = overwrite;
  }

  async onStart({ resumed }: FitRun): Promise<void> {
    const isEmpty = await this.#file.open(this.#known, resumed || this.#overwrite);
    if (isEmpty && !(this.#isRestored && this.#known === null)) await this.begin();
  }

  /** Before the first line of a file. */
  protected begin(): void | Promise<void> {}

  protected write(line: string): Promise<void> {
    return this.#file.write(`${line}\n`);
  }

  state(): CallbackState {
    return { values: { length: this.#file.length } };
  }

  restore({ values }: CallbackState): void {
    this.#known = lengthIn(values);
    this.#isRestored = true;
  }
}

const csvFields: Fields<LogOptions> = { overwrite: flag };

const columns: Readonly<Record<string, (report: EpochReport) => number | undefined>> = {
  epoch: ({ epoch }) => epoch,
  step: ({ step }) => step,
  loss: ({ loss }) => loss,
  accuracy: ({ accuracy }) => accuracy,
  validation_loss: ({ validation }) => validation?.loss,
  validation_accuracy: ({ validation }) => validation?.accuracy,
  lr: ({ lr }) => lr,
  seconds: ({ seconds }) => seconds,
  waited: ({ waited }) => waited,
};

class CsvLog extends LineLog {
  protected override begin(): Promise<void> {
    return this.write(Object.keys(columns).join(','));
  }

  onEpoch(report: EpochReport): Promise<void> {
    const cell = (value: number | undefined): string =>
      value === undefined || Number.isNaN(value) ? '' : String(value);
    return this.write(
      Object.values(columns)
        .map((column) => cell(column(report)))
        .join(','),
    );
  }
}

/**
 * Writes a line of comma-separated values for each epoch, below a line of names: epoch, step, loss, accuracy, validation_loss,
 * validation_accuracy, lr, seconds, waited. What is not measured is empty.
 *
 * @param to the path of a file, whose folder is made, or something with `write`, which gets texts that end a line.
 * @throws ShapeError for a file of another run that is there, unless `fit` resumes. @throws UnsupportedError for a path where there
 * are no files.
 * @example await fit(net, loader, { epochs: 9, optimizer, callbacks: [csvLog('run/log.csv')] });
 */
export function csvLog(to: string | LogSink<string>, options: LogOptions = {}): FitCallback {
  need('csvLog', 'to', to, aTarget);
  needOptions('csvLog', options, csvFields);
  return new CsvLog('csvLog', to, options);
}

/** What `jsonLog` writes beside epochs. */
export interface JsonLogOptions extends LogOptions {
  /** A line for every so many batches too. Default: for epochs only. */
  every?: number | undefined;
}

const jsonFields: Fields<JsonLogOptions> = { overwrite: flag, every: count };

class JsonLog extends LineLog {
  readonly #every: number | undefined;

  constructor(to: string | LogSink<string>, options: JsonLogOptions) {
    super('jsonLog', to, options);
    this.#every = options.every;
  }

  async onBatch(report: BatchReport): Promise<void> {
    if (this.#every !== undefined && report.step % this.#every === 0)
      await this.write(JSON.stringify({ event: 'batch', ...report }));
  }

  onEpoch({ validation, ...report }: EpochReport): Promise<void> {
    const measured = validation && { loss: validation.loss, accuracy: validation.accuracy };
    return this.write(JSON.stringify({ event: 'epoch', ...report, validation: measured }));
  }
}

/**
 * Writes a line of JSON for each epoch, and for batches if wanted: the report that `onEpoch` and `onBatch` get, with `event` 'epoch'
 * or 'batch'. What is not a finite number is null.
 *
 * @param to the path of a file, whose folder is made, or something with `write`, which gets texts that end a line.
 * @throws ShapeError for a file of another run that is there, unless `fit` resumes. @throws UnsupportedError for a path where there
 * are no files.
 * @example await fit(net, loader, { epochs: 9, optimizer, callbacks: [jsonLog(process.stdout, { every: 100 })] });
 */
export function jsonLog(to: string | LogSink<string>, options: JsonLogOptions = {}): FitCallback {
  need('jsonLog', 'to', to, aTarget);
  needOptions('jsonLog', options, jsonFields);
  return new JsonLog(to, options);
}
