// Where samples come from: a device, and files beside it.

import type { Sample } from './samples.ts';

export interface Source {
  readonly isOn: boolean;
  readonly isStarting: boolean;
  start(): Promise<void>;
  stop(): void;
  /** @throws Error in words for a file that is broken */
  samplesOf(file: File): Promise<Sample[]>;
  /** Shows a file and what it is. @throws Error in words for a file that is broken */
  ask(file: File): Promise<void>;
  /** Asks what it is once more, after something was learned. */
  again(): Promise<void>;
}
