// What the worker is asked for, again whenever the question changes; the last question alone counts.

export interface Asked<T> {
  readonly value: T | null;
  readonly problem: string | null;
  readonly waiting: boolean;
}

/**
 * For the script of a component. `question` is read reactively: null asks nothing. The old answer stays until the new one is there.
 *
 * @param key what the answer belongs to: where it differs, the old answer goes at once
 */
export function asked<Q, T>(
  question: () => Q | null,
  answer: (question: Q) => Promise<T>,
  key: (question: Q | null) => unknown = () => '',
): Asked<T> {
  let value = $state.raw<T | null>(null);
  let problem = $state<string | null>(null);
  let waiting = $state(false);
  let lastKey: unknown = null;
  $effect(() => {
    const now = question();
    const nowKey = key(now);
    if (now === null || nowKey !== lastKey) value = null;
    lastKey = nowKey;
    problem = null;
    waiting = now !== null;
    if (now === null) return;
    let stale = false;
    answer(now).then(
      (found) => {
        if (stale) return;
        value = found;
        waiting = false;
      },
      (error: Error) => {
        if (stale) return;
        value = null;
        problem = error.message;
        waiting = false;
      },
    );
    return () => {
      stale = true;
    };
  });
  return {
    get value() {
      return value;
    },
    get problem() {
      return problem;
    },
    get waiting() {
      return waiting;
    },
  };
}
