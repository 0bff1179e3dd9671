// Lowering by measured algorithms: which are timed, what is known afterwards, and that wrong ones never run.

import { describe, expect, it } from 'vitest';
import { Graphs, samples, weightsOf } from '../../../../../../test/graphs.ts';
import { parseConv } from '../../../geometry/text.ts';
import type { Graph, GraphValue } from '../../graph.ts';
import { Measured } from '../../tuning.ts';
import { engine, engineKey } from '../engine.ts';
import type { ConvPlanner } from '../kernels/convPlan.ts';
import { plainEpilogue } from '../kernels/epilogue.ts';
import { convPlanners } from '../kernels/planners.ts';
import { taskText } from '../kernels/taskText.ts';
import { Offers } from '../program/choose.ts';
import { Ground } from './ground.ts';
import { measure } from './measure.ts';
import { lowerByKnown, lowerTuned } from './tune.ts';

const layer = 'n1 g1 c16>24 14x14 k1x1 s1 d1 p0';
const spread = (channels: number) => `n1 g${channels} c${channels}>${channels} 14x14 k3x3 s1 d1 p1`;

/** The layer, some times, between others: so its arrays are pixels. */
function graphOf(times: number): Graph {
  const graphs = new Graphs();
  const conv = (text: string, from: GraphValue, seed: number): GraphValue =>
    graphs.conv(text, from, [graphs.constant(weightsOf(text, seed))]);
  const x = conv(spread(16), graphs.input(16 * 14 * 14), 1);
  return graphs.graph(
    Array.from({ length: times }, (_, seed) => conv(spread(24), conv(layer, x, seed), seed)),
  );
}

const subjectOf = (graph: Graph, measured: Measured) => ({
  ...{ graph, measured, engine: engine(), limits: { exact: false } },
});

/** What was chosen for the layer. */
const choicesOf = ({ entries }: Awaited<ReturnType<typeof lowerTuned>>['lowered']) =>
  entries.flatMap(({ choice }) => (choice?.geometry === layer ? choice : []));

const timesOf = (measured: Measured) =>
  Object.entries(measured.choices().milliseconds).filter(([text]) => text.includes(layer));

describe('a convolution of several near estimates', () => {
  it('is timed once, however often it stands there, and then known', async () => {
    const shares: number[] = [];
    const measured = new Measured({ onProgress: (share) => shares.push(share) });
    const { lowered, tuning } = await lowerTuned(subjectOf(graphOf(2), measured));
    expect(tuning).toMatchObject({ known: 0, left: 0, note: null });
    expect(tuning?.milliseconds).toBeGreaterThan(0);
    const [first, second] = choicesOf(lowered);
    expect(second?.candidates).toEqual(first?.candidates);
    const timed = first?.candidates.filter(({ milliseconds }) => milliseconds !== null) ?? [];
    expect(timed.length).toBeGreaterThan(1);
    expect(timed.map(({ name }) => name)).toContain(first?.algorithm);
    expect(shares.toSorted((a, b) => a - b)).toEqual(shares);
    expect([(shares[0] as number) > 0, shares.at(-1)]).toEqual([true, 1]);
    expect(timesOf(measured).length).toBe(1);
    const [[text, times] = ['', {}]] = timesOf(measured);
    expect(text).toContain(`conv ${layer}, x `);
    expect(text.endsWith(`, ${engineKey(engine())}`)).toBe(true);
    expect(Object.keys(times).sort()).toEqual(timed.map(({ name }) => name).sort());
    const again = await lowerTuned(subjectOf(graphOf(1), new Measured({ known: measured.choices() })));
    expect(again.tuning).toMatchObject({ timed: 0, left: 0, note: null });
    expect(again.tuning?.known).toBe(tuning?.timed);
  });

  it('follows given choices without timing, and says what they lack', async () => {
    const measured = new Measured(true);
    await lowerTuned(subjectOf(graphOf(1), measured));
    const choices = measured.choices();
    const [[text, times] = ['', {}]] = timesOf(measured);
    for (const name of Object.keys(times)) {
      const own = Object.fromEntries(Object.keys(times).map((other) => [other, other === name ? 1 : 2]));
      const given = new Measured({ ...choices, milliseconds: { ...choices.milliseconds, [text]: own } });
      const { lowered, tuning } = lowerByKnown(subjectOf(graphOf(1), given));
      expect(choicesOf(lowered)[0]?.algorithm).toBe(name);
      expect(tuning).toMatchObject({ timed: 0, left: 0, milliseconds: 0, note: null });
    }
    const elsewhere = { [text.replace(/[^,]*$/, ' other engine')]: times };
    const { tuning } = lowerByKnown(
      subjectOf(graphOf(1), new Measured({ ...choices, milliseconds: elsewhere })),
    );
    const note = `the choices hold none of these convolutions with ${engineKey(engine())}: measure them too`;
    expect(tuning).toMatchObject({ timed: 0, known: 0, note });
    expect(tuning?.left).toBeGreaterThan(0);
  });

  it('is never run by an algorithm that is wrong, however cheap it says it is', async () => {
    const [direct] = convPlanners as [ConvPlanner];
    const broken: ConvPlanner = {
      ...direct,
      name: 'broken',
      cost: (task) => 0.9 * direct.cost(task),
      plan: (task) => {
        const plan = direct.plan(task);
        const steps = plan.steps.map((step) => ({
          ...step,
          kernel: { ...step.kernel, key: `${step.kernel.key} broken`, units: step.kernel.units - 1 },
        }));
        return { ...plan, steps };
      },
    };
    const measured = new Measured(true);
    const subject = subjectOf(graphOf(1), measured);
    const { lowered } = await lowerTuned(subject, new Offers([broken, ...convPlanners]));
    const [choice] = choicesOf(lowered);
    expect(choice?.algorithm).not.toBe('broken');
    const { refusal, milliseconds } = choice?.candidates.find(({ name }) => name === 'broken') ?? {};
    expect(refusal).toMatch(/^gave NaN where the definition gives -?\d+, at \[0,/);
    expect(milliseconds).toBeNull();
    expect(timesOf(measured)[0]?.[1]).toMatchObject({ broken: null });
    const given = new Measured(measured.choices());
    const again = lowerByKnown({ ...subject, measured: given }, new Offers([broken, ...convPlanners]));
    expect(choicesOf(again.lowered)[0]?.algorithm).toBe(choice?.algorithm);
  });
});

it('what finds no memory is left to the estimate', async () => {
  class Small extends Ground {
    override place(): number {
      throw new RangeError('no memory');
    }
  }
  const measured = new Measured(true);
  const [direct] = convPlanners as [ConvPlanner];
  const geometry = parseConv(layer);
  const task = { geometry, xPitch: 16, yPitch: 24, epilogue: plainEpilogue, engine: engine() };
  const contender = { name: 'direct', task: { ...task, kernel: 'conv' as const } };
  const contenders = [{ ...contender, plan: () => direct.plan(contender.task) }];
  await measure([{ contenders, judges: [] }], { measured, onProgress: () => {} }, new Small());
  expect(measured.choices().milliseconds).toEqual({});
  await measure([{ contenders, judges: [] }], { measured, onProgress: () => {} });
  expect(Object.keys(measured.choices().milliseconds)).toEqual([taskText(contender.task)]);
});

it('nothing is timed where one algorithm is far ahead, little is to be done, or sums are of whole numbers', async () => {
  const graphs = new Graphs();
  const far = graphs.conv('n1 g8 c8>8 14x14 k3x3 s1 d1 p1', graphs.input(8 * 14 * 14), [
    graphs.constant(samples(72, 1)),
  ]);
  const graph = graphs.graph([far]);
  const { tuning } = await lowerTuned(subjectOf(graph, new Measured(true)));
  expect(tuning).toMatchObject({ timed: 0, known: 0, left: 0 });
  const tiny = new Graphs();
  const text = 'n1 g1 c16>24 3x3 k1x1 s1 d1 p0';
  const little = tiny.conv(text, tiny.input(16 * 9), [tiny.constant(weightsOf(text))]);
  const quick = await lowerTuned(subjectOf(tiny.graph([little]), new Measured(true)));
  expect(quick.tuning).toMatchObject({ timed: 0, known: 0, left: 0 });
  const whole = graphOf(1);
  const nodes = whole.nodes.map((node) =>
    node.op === 'conv' ? { ...node, whole: { most: 1000, result: 'float32' as const } } : node,
  );
  const wholes = await lowerTuned(subjectOf({ ...whole, nodes }, new Measured(true)));
  expect(wholes.tuning).toMatchObject({ timed: 0, known: 0, left: 0 });
});
