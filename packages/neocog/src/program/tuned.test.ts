// Programs whose algorithms are tuned: results, what they tell, choices that are kept, and what is refused.

import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Choices,
  type CompileOptions,
  compile,
  compileTraining,
  crossEntropy,
  formatReport,
  manualSeed,
  nn,
  optim,
  pack,
  randn,
  type Tensor,
  tensor,
  withBackend,
} from '../index.ts';

const input = [1, 8, 14, 14];
const network = () =>
  new nn.Sequential(
    new nn.Conv2d(8, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.Conv2d(16, 24, 1),
    new nn.SiLU(),
    new nn.Conv2d(24, 24, 3, { padding: 1 }),
    new nn.Flatten(),
    new nn.Linear(24 * 14 * 14, 3),
  );

manualSeed(1);
const [net, x] = [network(), randn(input)];
const json = (choices: Choices | null): Choices => JSON.parse(JSON.stringify(choices));

/** The result, the report and the choices of a program. */
async function made(options: Omit<CompileOptions, 'input'>) {
  const program = await compile(net, { input, ...options });
  try {
    const y: Tensor = await program.run(x);
    return { y, report: program.explain(), choices: program.choices() };
  } finally {
    program.dispose();
  }
}

function expectNear(got: Tensor, want: Tensor): void {
  got.data.forEach((value, i) => expect(value).toBeCloseTo(want.data[i] as number, 4));
}

describe('a tuned program', () => {
  let tuned: Awaited<ReturnType<typeof made>>;
  let plain: Awaited<ReturnType<typeof made>>;
  beforeAll(async () => {
    [plain, tuned] = [await made({}), await made({ tune: true })];
  });

  it('gives what others give, and tells what was timed', () => {
    expectNear(tuned.y, plain.y);
    expect([plain.report.tuning, plain.choices]).toEqual([null, null]);
    expect(tuned.report.tuning?.timed).toBeGreaterThan(0);
    expect(tuned.report.tuning).toMatchObject({ known: 0, left: 0, note: null });
    const timed = tuned.report.steps.flatMap(({ candidates }) =>
      candidates.filter(({ milliseconds }) => milliseconds !== null),
    );
    expect(timed.length).toBeGreaterThan(1);
    const lines = formatReport(tuned.report);
    expect(lines).toMatch(/^ {4}timed: \S.* ms; .* ms$/m);
    expect(lines).toMatch(/^tuned: \d+ convolutions? timed in \d+\.\d s, 0 known, 0 left to estimates$/m);
  });

  it('is made again from its choices, bit for bit, on any number of threads', async () => {
    const choices = json(tuned.choices);
    for (const threads of [1, 2]) {
      const again = await made({ tune: choices, threads });
      expect(again.y.data).toEqual(tuned.y.data);
      expect(again.report.tuning).toMatchObject({ timed: 0, left: 0, milliseconds: 0, note: null });
      expect(again.choices).toEqual(choices);
    }
    const { report } = await made({ tune: { known: choices } });
    expect(report.tuning?.timed).toBe(0);
  });

  it('leaves out choices of another version, and says so', async () => {
    const { y, report } = await made({ tune: { ...json(tuned.choices), version: '0.0.1' } });
    expect(y.data).toEqual(plain.y.data);
    expect(report.tuning?.note).toContain('version 0.0.1');
    expect(formatReport(report)).toMatch(
      /^tuned: .* left to estimates \(the choices are of version 0\.0\.1 /m,
    );
  });

  it('is packed by them', () => {
    const choices = json(tuned.choices);
    const opposite = Object.entries(choices.milliseconds).map(([text, times]) => [
      text,
      Object.fromEntries(Object.entries(times).map(([name, time]) => [name, 1 / (time ?? 1)])),
    ]);
    const [first, second] = [choices, { ...choices, milliseconds: Object.fromEntries(opposite) }].map(
      (tune) => pack(net, { input, tune }).codes.map(({ wasm }) => wasm),
    );
    expect(first).not.toEqual(second);
  });
});

it('keeps the weights of the call, whatever changes while algorithms are timed', async () => {
  const own = network();
  const before = await compile(own, { input });
  const waiting = compile(own, { input, tune: true });
  for (const { data } of Object.values(own.stateDict())) data.fill(0);
  const program = await waiting;
  expectNear(await program.run(x), await before.run(x));
  program.dispose();
  before.dispose();
});

it('gives the same bits in exact programs, whatever is fastest', async () => {
  const [plain, tuned] = [await made({ exact: true }), await made({ exact: true, tune: true })];
  expect(tuned.y.data).toEqual(plain.y.data);
});

it('tunes each size of an open program, and keeps the choices of all', async () => {
  const open = await compile(new nn.Conv2d(16, 24, 1), { input: [1, 16, 'h', 'w'], tune: true });
  expect(open.choices()?.milliseconds).toEqual({});
  for (const size of [16, 24]) await open.run(randn([1, 16, size, size]));
  const texts = Object.keys(open.choices()?.milliseconds ?? {});
  expect(new Set(texts.map((text) => /\d+x\d+/.exec(text)?.[0]))).toEqual(new Set(['16x16', '24x24']));
  open.dispose();
});

it('tunes training steps, with gradients', async () => {
  manualSeed(2);
  const samples = randn([4, 8, 14, 14]);
  const labels = tensor([0, 2, 1, 1], [4], { dtype: 'int32' });
  const losses = async (tune: boolean): Promise<number[]> => {
    manualSeed(3);
    const own = network();
    const optimizer = new optim.SGD(own.parameters(), { lr: 0.1 });
    const trainer = await compileTraining(own, {
      ...{ input: [4, 8, 14, 14], loss: crossEntropy, optimizer, tune },
    });
    const steps = [await trainer.step(samples, labels), await trainer.step(samples, labels)];
    expect(Object.keys(trainer.choices()?.milliseconds ?? {}).some((text) => /^weightGrad /.test(text))).toBe(
      tune,
    );
    trainer.dispose();
    return steps.map(({ loss }) => loss);
  };
  const [plain, tuned] = [await losses(false), await losses(true)];
  plain.forEach((loss, i) => expect(tuned[i]).toBeCloseTo(loss, 4));
});

it('has nothing to tune where nothing compiles', async () => {
  const { report, choices } = await withBackend('reference', () => made({ tune: true }));
  expect([report.tuning, choices?.milliseconds]).toEqual([null, {}]);
});

it('refuses what are no choices', async () => {
  const wrong = { name: 'package', version: '1.0.0' } as unknown as Choices;
  await expect(made({ tune: wrong })).rejects.toThrow(
    /^compile: tune is \{ name, version \}; give true or false, or what choices\(\) of a program gave/,
  );
  expect(() => pack(net, { input, tune: true as unknown as Choices })).toThrow(
    /^pack: tune is true; give what/,
  );
});

/** Its convolution, or, for a sum that is not above 0, nothing. */
class Gate extends nn.StagedModule {
  readonly inputs = [{ name: 'x', shape: input, dtype: 'float32' }] as const;
  readonly outputs = [{ name: 'y', shape: input, dtype: 'float32' }] as const;
  readonly conv = new nn.Conv2d(8, 8, 3, { padding: 1 });

  *stages({ x }: nn.NamedTensors): nn.Stages {
    const y = yield* nn.stage(this.conv, x);
    return { y: (y.data[0] as number) > 0 ? y : x };
  }
}

it('parts of a network that looks at values are tuned, and counted together', async () => {
  const program = await compile(new Gate(), { tune: true });
  await program.run({ x });
  const { tuning } = program.explain();
  expect(tuning?.timed).toBe(1);
  expect(Object.keys(program.choices()?.milliseconds ?? {})).not.toEqual([]);
  program.dispose();
});
