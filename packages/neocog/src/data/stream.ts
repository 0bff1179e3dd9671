// Samples that come as they come: from a generator, a microphone, a socket. Asked for one at a time, in order.

import type { Loaded } from './load.ts';

/** A stream that is being read. */
export interface Stream<S extends object> {
  start(): Promise<Loaded<S> | null>;
  /** Tells the stream, once it has given what was begun, that nobody wants more. */
  stop(): Promise<unknown>;
}

/** Begins one sample of a stream after the other; each is null once the stream is over. The first `passed` are passed over. */
export function openStream<S extends object>(
  stream: Iterable<S> | AsyncIterable<S>,
  passed: number,
  change: (sample: S, index: number) => Promise<S>,
): Stream<S> {
  const samples = Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
  let index = 0;
  let last: Promise<unknown> = Promise.resolve();
  const next = async (): Promise<Loaded<S> | null> => {
    while (index < passed) if (!(await pass())) return null;
    const { value, done } = await samples.next();
    if (done) return null;
    const at = index++;
    return { index: at, sample: await change(value, at) };
  };
  const pass = async (): Promise<boolean> => {
    index++;
    return !(await samples.next()).done;
  };
  const start = (): Promise<Loaded<S> | null> => {
    const one = last.then(next);
    last = one.catch(() => {});
    return one;
  };
  return { start, stop: () => last.then(() => samples.return?.()) };
}
