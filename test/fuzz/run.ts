// One process of the fuzzer: cases of one kind, one after the other, each from its own number. It says on its output which case is
// next, so that who started it knows which one ended it; a fault is shrunk, told as JSON, and ends the run.
// Arguments: kind, seed, first case, number of cases, seconds, wide ('on' or 'off').

import { writeSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { configure, Generator } from '../../packages/neocog/src/index.ts';
import { kinds } from './kinds.ts';
import { faultOf, shrink } from './shrink.ts';

const [name = '', seed, first, count, seconds, wide] = process.argv.slice(2);
const kind = kinds.get(name);
if (!kind) throw new Error(`kind '${name}' is unknown`);

/** Long enough for large cases to become small, short beside a run. */
const shrinkSeconds = 30;

/** Cases of different seeds have nothing in common. */
const start = new Generator(Number(seed)).bits();
const generatorOf = (at: number): Generator => new Generator(start * 2 ** 21 + at);

const tell = (message: object): void => void writeSync(1, `${JSON.stringify(message)}\n`);

if (wide === 'on') {
  // Only the optimising compiler joins pairs of operations, and kernels here do not run long enough to reach it.
  setFlagsFromString('--no-liftoff');
  configure({ wideSimd: 'on' });
}

const end = performance.now() + 1000 * Number(seconds);
let done = 0;
for (let at = Number(first); at < Number(first) + Number(count) && performance.now() < end; at++) {
  tell({ at });
  const c = kind.draw(generatorOf(at));
  if (c === null) continue;
  done++;
  if (!(await faultOf(kind, c))) continue;
  const { smallest, fault } = await shrink(kind, c, shrinkSeconds);
  tell({ at, done, fault: fault?.stack ?? 'it passes when it runs again', smallest });
  process.exit(0);
}
tell({ done });
process.exit(0);
