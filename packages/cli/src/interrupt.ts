// Ctrl-C and `kill` as an AbortSignal: the first asks for an end at a good moment, the second ends at once.

import { constants } from 'node:os';

/**
 * Work that was ended from outside, and the exit code that tells so to a shell: 128 + the signal's number. Without a message
 * where another process has told it.
 */
export class Interrupted extends Error {
  override name = 'Interrupted';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}

export interface Interrupt {
  readonly signal: AbortSignal;
  readonly exitCode: number;
  /** Leaves signals to the system again. */
  release(): void;
}

const usual = ['SIGINT', 'SIGTERM'] as const;

/**
 * Starts to listen. After the first signal the system's own handling is back, so that a second one ends the
 * process.
 *
 * @param more signals that ask for an end too
 */
export function listenForInterrupt(more: readonly NodeJS.Signals[] = []): Interrupt {
  const signals = [...usual, ...more];
  const controller = new AbortController();
  let exitCode = 0;
  const listener = (signal: NodeJS.Signals): void => {
    exitCode = 128 + constants.signals[signal];
    release();
    controller.abort();
  };
  const release = (): void => {
    for (const signal of signals) process.removeListener(signal, listener);
  };
  for (const signal of signals) process.on(signal, listener);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    release,
  };
}
