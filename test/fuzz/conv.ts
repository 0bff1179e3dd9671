// Kinds of cases of one convolution: at once with all gradients, as a compiled program, and as a compiled training step.
// The judge is the reference backend, on whole numbers, whose sums of products are exact: answers must be equal. Transforms
// that round, as Winograd's, may deviate by a share of the sum of magnitudes.

import {
  abs,
  add,
  compile,
  compileTraining,
  type Generator,
  grad,
  mul,
  neg,
  nn,
  optim,
  sub,
  sum,
  type Tensor,
  withBackend,
  zeros,
} from '../../packages/neocog/src/index.ts';
import { type Allowed, expectAnswers, largest, nothing } from './compare.ts';
import {
  apply,
  type ConvCase,
  type ConvTensors,
  drawConv,
  smallerConv,
  tensorsOf,
  type Values,
} from './convCase.ts';
import { wholeNumbers } from './drawing.ts';
import { type FuzzKind, judged } from './kind.ts';
import { drawWay, inWay, programOptions, simplerWays, type Way } from './ways.ts';

export type WithWay<C> = C & Way;

type Answers = Record<string, Tensor>;

/** The result and the gradients of everything, for whole numbers from above. */
function answersOf(c: ConvCase, values: Values = wholeNumbers): Answers {
  const tensors = tensorsOf(c, values);
  const output = apply(c, tensors);
  const inputs = given(tensors);
  const gradient = values(c.seed + 3, output.shape);
  const gradients = grad(output, Object.values(inputs), { gradient });
  const named = Object.keys(inputs).map((name, i) => [`gradient of ${name}`, gradients[i] as Tensor]);
  return { output, ...Object.fromEntries(named) };
}

const given = ({ x, w, bias }: ConvTensors): Answers => ({ x, w, ...(bias && { bias }) });

type ConvKind = FuzzKind<WithWay<ConvCase>>;

function drawn(random: Generator): WithWay<ConvCase> | null {
  const c = drawConv(random);
  return c && { ...c, ...drawWay(random) };
}

function* smaller(c: WithWay<ConvCase>): Iterable<WithWay<ConvCase>> {
  yield* simplerWays(c);
  for (const simpler of smallerConv(c)) yield { ...c, ...simpler };
}

export const eagerConv: ConvKind = {
  name: 'eager',
  about: 'one convolution at once, with all gradients, bit for bit',
  draw: drawn,
  async check(c) {
    const want = judged(() => withBackend('reference', () => answersOf(c)));
    await inWay(c, () => expectAnswers(answersOf(c), want, nothing));
  },
  smaller,
};

/** A convolution as a module. The input is shifted by a parameter, whose gradient is then that of the input. */
class OneConv extends nn.Module {
  readonly x: nn.Parameter;
  readonly w: nn.Parameter;
  readonly bias: nn.Parameter | null;
  readonly #case: ConvCase;

  constructor(c: ConvCase, { x, w, bias }: ConvTensors) {
    super();
    this.#case = c;
    this.x = new nn.Parameter(x);
    this.w = new nn.Parameter(w);
    this.bias = bias && new nn.Parameter(bias);
  }

  forward(shift: Tensor): Tensor {
    return apply(this.#case, { x: add(shift, this.x), w: this.w, bias: this.bias });
  }
}

/** What rounding is a share of: the largest answer where every number has its magnitude only. */
function scalesOf(c: ConvCase): Record<string, number> {
  const magnitudes = (seed: number, shape: readonly number[]): Tensor => abs(wholeNumbers(seed, shape));
  const answers = withBackend('reference', () => answersOf(c, magnitudes));
  return Object.fromEntries(Object.entries(answers).map(([name, t]) => [name, largest(t)]));
}

/** Of the largest sum of magnitudes: what a transform's rounding may come to. */
const transformShare = 2e-6;

function allowedIn(c: WithWay<ConvCase>): Allowed {
  if (c.sums !== 'any') return nothing;
  const scales = scalesOf(c);
  return (_, name) => transformShare * (scales[name] as number);
}

export const compiledConv: ConvKind = {
  name: 'compiled',
  about: 'one convolution as a program, run on two inputs',
  draw: drawn,
  async check(c) {
    const tensors = tensorsOf(c);
    const output = judged(() => withBackend('reference', () => apply(c, tensors)));
    const allowed = allowedIn(c);
    await inWay(c, async () => {
      const still = { ...tensors, x: zeros(tensors.x.shape) };
      const program = await compile(new OneConv(c, still), { input: tensors.x.shape, ...programOptions(c) });
      await program.run(neg(tensors.x));
      const got = { output: await program.run(tensors.x) };
      program.dispose();
      expectAnswers(got, { output }, allowed);
    });
  },
  smaller,
};

export const trainedConv: ConvKind = {
  name: 'trained',
  about: 'one training step through one convolution: what parameters move by are the gradients',
  draw: drawn,
  async check(c) {
    const want = judged(() => withBackend('reference', () => answersOf(c)));
    const allowed = allowedIn(c);
    await inWay(c, async () => expectAnswers(await trainedAnswers(c, want.output), want, allowed));
  },
  smaller,
};

/** One step of gradient descent at rate 1 on ⟨output, target⟩, whose gradient by the output is the target. */
async function trainedAnswers(c: WithWay<ConvCase>, like: Tensor): Promise<Answers> {
  const before = tensorsOf(c);
  const module = new OneConv(c, tensorsOf(c));
  const shape = before.x.shape;
  const trainer = await compileTraining(module, {
    input: shape,
    loss: (output, target) => sum(mul(output, target)),
    optimizer: new optim.SGD(module.parameters(), { lr: 1 }),
    ...programOptions(c),
  });
  const { output } = await trainer.step(zeros(shape), wholeNumbers(c.seed + 3, like.shape));
  trainer.sync();
  trainer.dispose();
  const moved = Object.entries(given(before)).map(([name, was]) => {
    const is = module[name as keyof ConvTensors] as Tensor;
    return [`gradient of ${name}`, sub(was, is)];
  });
  return { output, ...Object.fromEntries(moved) };
}
