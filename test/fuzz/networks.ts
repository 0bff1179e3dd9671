// Random small networks: at once, compiled, and trained for a few steps, against the same on the reference backend. Answers may
// differ by rounding, and where a network magnifies rounding, by as much as the judge's own answers move when its
// inputs, its weights and what it finds on the way are moved in their last bits.

import type { Backend } from '../../packages/neocog/src/backends/backend.ts';
import { setBackend } from '../../packages/neocog/src/backends/current.ts';
import type { Generator, Tensor } from '../../packages/neocog/src/index.ts';
import * as neocog from '../../packages/neocog/src/index.ts';
import { type Allowed, expectAnswers, largest } from './compare.ts';
import { between, fractions, pick, replaced, smallerSizes, times } from './drawing.ts';
import { Disagreement, type FuzzKind, InvalidCase, judged } from './kind.ts';
import { build, growLayers, type LayerSpec, smallerLayers } from './layerSpecs.ts';
import { rounding } from './rounding.ts';
import { drawWay, inWay, programOptions, simplerWays, type Way } from './ways.ts';

export interface NetworkCase extends Way {
  readonly input: readonly number[];
  readonly layers: readonly LayerSpec[];
  readonly how: 'eager' | 'compiled' | 'trained';
  readonly optimizer: 'SGD' | 'Adam';
  readonly seed: number;
}

type Module = neocog.nn.Module;
type Answers = Record<string, Tensor>;

function draw(random: Generator): NetworkCase | null {
  const rank = pick(random, [1, 2, 2, 2, 3]);
  const sides = [0, 64, 20, 8][rank] as number;
  const channels = pick(random, [1, 2, 3, 4, 8, 16]);
  const input = [between(random, 1, 3), channels, ...times(rank, () => between(random, 2, sides))];
  const { layers } = neocog.withBackend('reference', () => growLayers(random, input, between(random, 1, 9)));
  if (layers.length === 0) return null;
  return {
    input,
    layers,
    how: pick(random, ['eager', 'compiled', 'compiled', 'trained', 'trained'] as const),
    optimizer: pick(random, ['SGD', 'Adam'] as const),
    ...drawWay(random),
    seed: random.integer(2 ** 30),
  };
}

/** Relative to each value, of one float32. */
const lastBits = 2 ** -22;

/** Each value moved in its last bits. */
function nudge(t: Tensor, random: Generator | null): Tensor {
  if (!random) return t;
  const data = t.data as Float32Array;
  for (let i = 0; i < data.length; i++)
    data[i] = (data[i] as number) * (1 + lastBits * (2 * random.uniform() - 1));
  return t;
}

/** The network of a case, in its first state. */
function networkOf(c: NetworkCase, moved: Generator | null): Module {
  neocog.manualSeed(c.seed);
  const net = build(c.layers);
  for (const p of net.parameters()) nudge(p, moved);
  return net;
}

const inputOf = (c: NetworkCase, step: number, moved: Generator | null): Tensor =>
  nudge(fractions(c.seed + step, c.input), moved);

const copied = (t: Tensor): Tensor => new neocog.Tensor((t.data as Float32Array).slice(), t.shape);

const stateOf = (net: Module): Answers =>
  Object.fromEntries(
    Object.entries(net.stateDict())
      .filter(([, t]) => t.dtype === 'float32')
      .map(([key, t]) => [key, copied(t)]),
  );

const steps = 2;
const rate = 0.01;

const optimizerOf = (c: NetworkCase, net: Module): neocog.optim.SGD | neocog.optim.Adam =>
  c.optimizer === 'SGD'
    ? new neocog.optim.SGD(net.parameters(), { lr: rate, momentum: 0.9 })
    : // Adam divides by the gradient's own size: what is rounding in a gradient near zero becomes a whole step without eps.
      new neocog.optim.Adam(net.parameters(), { lr: rate, eps: 1e-2 });

/** The answers of operations at once, on the backend in use. */
export function answersAtOnce(c: NetworkCase, moved: Generator | null = null): Answers {
  const net = networkOf(c, moved);
  if (c.how !== 'trained') {
    net.eval();
    return { output: neocog.noGrad(() => net.forward(inputOf(c, 0, moved))) };
  }
  const optimizer = optimizerOf(c, net);
  const answers: Answers = {};
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad();
    const y = net.forward(inputOf(c, step, moved));
    const loss = neocog.mse(y, fractions(c.seed - 1 - step, y.shape));
    answers[`output ${step}`] = copied(y);
    loss.backward();
    optimizer.step();
  }
  return { ...answers, ...stateOf(net) };
}

/** The answers of a program or a trainer; for `part`, of one sample of a batch of which the case holds only that. */
export async function answersOfProgram(
  c: NetworkCase,
  part: { readonly sample: number; readonly of: number } | null = null,
): Promise<Answers> {
  const net = networkOf(c, null);
  if (c.how === 'trained') return trainedAnswers(c, net);
  const program = await neocog.compile(net, { input: c.input, ...programOptions(c) });
  const whole = part && inputOf({ ...c, input: [part.of, ...c.input.slice(1)] }, 0, null);
  const x = whole
    ? neocog.slice(whole, { start: [part.sample], end: [part.sample + 1] })
    : inputOf(c, 0, null);
  const output = await program.run(x);
  program.dispose();
  return { output };
}

async function trainedAnswers(c: NetworkCase, net: Module): Promise<Answers> {
  const shape = judgedShape(c);
  const optimizer = optimizerOf(c, net);
  const options = { input: c.input, loss: neocog.mse, optimizer, ...programOptions(c) };
  const trainer = await neocog.compileTraining(net, options);
  const answers: Answers = {};
  for (let step = 0; step < steps; step++) {
    const { output } = await trainer.step(inputOf(c, step, null), fractions(c.seed - 1 - step, shape));
    answers[`output ${step}`] = output;
  }
  trainer.sync();
  trainer.dispose();
  return { ...answers, ...stateOf(net) };
}

const judgedShape = (c: NetworkCase): readonly number[] =>
  neocog.withBackend('reference', () => networkOf(c, null).forward(inputOf(c, 0, null)).shape);

/** Of the largest value of a tensor, for networks that do not magnify rounding. */
const roundingShare = 2e-5;

/** Parameters move by rounding of gradients, whatever their own size is. */
const usual = (want: Answers): Record<string, number> =>
  Object.fromEntries(
    Object.entries(want).map(([name, t]) => {
      const least = name.startsWith('output') ? 0.05 : 0.5;
      return [name, roundingShare * Math.max(least, largest(t))];
    }),
  );

const by =
  (allowances: Record<string, number>): Allowed =>
  (_, name) =>
    allowances[name] as number;

function movedAnswers(c: NetworkCase, trial: number): Answers {
  const before = setBackend(rounding(new neocog.Generator(trial))) as Backend;
  try {
    return answersAtOnce(c, new neocog.Generator(trial));
  } finally {
    setBackend(before);
  }
}

/** How far the judge's answers move with the last bits of what it is given and of what it finds on the way, several times over. */
function sensitivity(c: NetworkCase, want: Answers): Record<string, number> {
  const allowances = usual(want);
  for (let trial = 0; trial < 4; trial++) {
    const moved = movedAnswers(c, trial);
    for (const [name, t] of Object.entries(want)) {
      const shift = largest(neocog.withBackend('reference', () => neocog.sub(t, moved[name] as Tensor)));
      allowances[name] = Math.max(allowances[name] as number, 16 * shift);
    }
  }
  return allowances;
}

async function check(c: NetworkCase): Promise<void> {
  const want = judged(() => neocog.withBackend('reference', () => answersAtOnce(c)));
  if (Object.values(want).some((t) => !(largest(t) < 1e6)))
    throw new InvalidCase('answers grow without bound');
  const got = await inWay(c, () => (c.how === 'eager' ? answersAtOnce(c) : answersOfProgram(c)));
  compareAnswers(c, got, want);
}

function compareAnswers(c: NetworkCase, got: Answers, want: Answers): void {
  try {
    expectAnswers(got, want, by(usual(want)));
  } catch (error) {
    if (!(error instanceof Disagreement)) throw error;
    expectAnswers(got, want, by(sensitivity(c, want)));
  }
}

export const networks: FuzzKind<NetworkCase> = {
  name: 'networks',
  about:
    'small networks with residuals, branches, norms, pools and activations, at once, compiled and trained',
  draw,
  check,
  *smaller(c) {
    for (const layers of smallerLayers(c.layers)) if (layers.length > 0) yield { ...c, layers };
    yield* simplerWays(c);
    for (const [axis, size] of c.input.entries())
      if (axis !== 1)
        for (const n of smallerSizes(size, 1)) yield { ...c, input: replaced(c.input, axis, n) };
  },
};
