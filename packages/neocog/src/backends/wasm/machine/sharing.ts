// How threads share the pieces of a job, in WebAssembly. A phase is over when all of its pieces are done, whoever did them:
// threads are never counted, so one that sleeps, starts late or runs slowly holds up only the piece that it took.

import {
  affine,
  atomic,
  type Code,
  type FuncRef,
  i32,
  i64,
  type Module,
  select,
} from '../assembler/index.ts';
import { words } from './layout.ts';

/** The functions that a routine needs. `end` is the number of the first piece that is not in the phase. */
export interface Sharing {
  /** Takes a piece: minus the number of pieces that were left with it, or 0 if none was. */
  readonly take: FuncRef<{ readonly end: 'i32' }, 'i32'>;
  /** Says that a piece which was taken is done. */
  readonly finish: FuncRef<{ readonly end: 'i32' }, 'void'>;
  /** Waits until all pieces before `end` are done; 0 if it gave up, so that JavaScript can see what is wrong. */
  readonly await: FuncRef<{ readonly end: 'i32' }, 'i32'>;
}

/** Looks at `done` before a thread goes to sleep: some 20 µs in optimised code, about what it costs to be woken. */
const spins = 30_000;
/** Nanoseconds. */
const longestSleep = 1e9;

/** @param control the address of the control block */
export function emitSharing(m: Module, control: number): Sharing {
  const sleep = emitSleep(m, control);
  return { take: emitTake(m, control), finish: emitFinish(m, control), await: emitAwait(m, control, sleep) };
}

function emitTake(m: Module, control: number): Sharing['take'] {
  const at = control + words.next;
  return m.func('take', { end: 'i32' }, (f, { end }) => {
    const [next, left, lost] = [f.local('i32', 'next'), f.local('i32', 'left'), f.local('i32', 'lost')];
    f.loop(() => {
      f.set(next, atomic.load(at));
      f.set(left, affine(next, [end, -1]));
      f.set(lost, 0);
      f.if(i32.ltS(left, 0), () => f.set(lost, i32.ne(atomic.cmpxchg(at, next, affine(next, 1)), next)));
      return lost;
    });
    return select(left, i32.const(0), i32.ltS(left, 0));
  });
}

/** The last piece of a phase wakes those who sleep until then. */
function emitFinish(m: Module, control: number): Sharing['finish'] {
  const at = control + words.done;
  return m.func('finish', { end: 'i32' }, (f, { end }) => {
    const done = f.keep(affine(atomic.add(at, 1), 1), 'done');
    f.if(i32.eq(done, end), () =>
      f.if(atomic.load(control + words.sleepers), () => {
        f.set(done, atomic.notify(at, -1));
      }),
    );
  });
}

const missing = (control: number, end: Code<'i32'>): Code<'i32'> =>
  i32.ltS(affine(atomic.load(control + words.done), [end, -1]), 0);

function emitAwait(m: Module, control: number, sleep: Sharing['await']): Sharing['await'] {
  return m.func('await', { end: 'i32' }, (f, { end }) => {
    const [left, ready] = [f.local('i32', 'left'), f.local('i32', 'ready')];
    f.set(left, spins);
    f.loop(() => {
      f.set(ready, i32.eqz(missing(control, end)));
      f.increase(left, -1);
      return i32.and(i32.eqz(ready), i32.gtS(left, 0));
    });
    f.if(i32.eqz(ready), () => f.set(ready, f.call(sleep, { end })));
    return ready;
  });
}

/**
 * `sleepers` is raised before the last look at `done`, and `finish` looks at it after raising `done`: one of the two sees
 * the other. A `done` that changes in between makes the wait return at once.
 */
function emitSleep(m: Module, control: number): Sharing['await'] {
  const [sleepers, at] = [control + words.sleepers, control + words.done];
  return m.func('sleep', { end: 'i32' }, (f, { end }) => {
    const [done, again] = [f.local('i32', 'done'), f.local('i32', 'again')];
    const timeout = i64.extendI32U(longestSleep);
    f.set(again, atomic.add(sleepers, 1));
    f.loop(() => {
      f.set(done, atomic.load(at));
      f.set(again, i32.ltS(affine(done, [end, -1]), 0));
      f.if(again, () => f.set(again, i32.eqz(atomic.load(control + words.failed))));
      // 2 is a wait that timed out.
      f.if(again, () => f.set(again, i32.ne(atomic.wait32(at, done, timeout), 2)));
      return again;
    });
    f.set(again, atomic.add(sleepers, -1));
    return i32.eqz(missing(control, end));
  });
}
