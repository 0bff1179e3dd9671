// Normalisations of single ONNX nodes. Values are by hand, from the specification.

import { describe, expect, it } from 'vitest';
import { caseNames, expectClose, openArchive, readSets } from '../../../test/onnxCases.ts';
import { floats, type OneNode, type Operand, oneNode } from '../../../test/onnxGraphs.ts';
import { expectBoth, list, runBoth, valuesOf, type Wanted } from '../../../test/runNode.ts';
import { toTensor } from '../../graph/value.ts';
import { loadOnnx, saveOnnx } from '../../index.ts';

const x = (shape: readonly (number | string)[]) => ({ shape });

describe('normalisation of single values', () => {
  const scale = { shape: [2], values: [5, 6] };
  const bias = { shape: [2], values: [7, 8] };

  it('leaves the bias', async () => {
    for (const shape of [
      [2, 2, 1, 1],
      [2, 2, 1],
    ]) {
      const right: Wanted = [shape, [7, 8, 7, 8]];
      const feeds = { x: floats(shape, 3, -4, 1e6, 0) };
      await expectBoth({ op: 'InstanceNormalization', operands: { x: x(shape), scale, bias } }, feeds, right);
      const open = { x: x(shape), scale: x([2]), bias: x([2]) };
      const given = { ...feeds, scale: floats([2], 5, 6), bias: floats([2], 7, 8) };
      await expectBoth({ op: 'InstanceNormalization', operands: open }, given, right);
      const groups = { op: 'GroupNormalization', attributes: { num_groups: 2 } };
      for (const opset of [18, 21]) {
        await expectBoth({ ...groups, opset, operands: { x: x(shape), scale, bias } }, feeds, right);
      }
    }
  });

  it('of more than one divides by the deviation', async () => {
    const node: OneNode = { op: 'InstanceNormalization', operands: { x: x([1, 2, 2]), scale, bias } };
    for (const { y } of await runBoth(node, { x: floats([1, 2, 2], 1, 3, 2, 2) })) {
      [2, 12, 8, 8].forEach((v, i) => expect(y.data[i]).toBeCloseTo(v, 4));
    }
  });
});

describe('by opset', () => {
  it('GroupNormalization scales groups before 21, channels from then on', async () => {
    const node = (opset: number, ...scale: number[]): OneNode => ({
      op: 'GroupNormalization',
      opset,
      operands: {
        x: { shape: [1, 4, 1] },
        scale: list('float32', ...scale),
        bias: list('float32', ...scale.map(() => 1)),
      },
      attributes: { num_groups: 2, epsilon: { float: 0 } },
    });
    const feeds = { x: floats([1, 4, 1], 1, 3, 5, 9) };
    expect(await valuesOf(node(18, 2, 4), feeds)).toEqual([-1, 3, -3, 5]);
    expect(await valuesOf(node(21, 2, 3, 4, 5), feeds)).toEqual([-1, 4, -3, 6]);
  });

  it('means and variances are of all axes but channels from 9 on, of each sample before', async () => {
    const node = (opset: number): OneNode => ({
      op: 'MeanVarianceNormalization',
      opset,
      operands: { x: { shape: [2, 1, 1, 1] } },
    });
    const feeds = { x: floats([2, 1, 1, 1], 1, 3) };
    expect(await valuesOf(node(9), feeds)).toEqual([-1, 1]);
    expect(await valuesOf(node(8), feeds)).toEqual([0, 0]);
  });
});

it('a layer norm that is to give its means gives them', async () => {
  const node: OneNode = {
    op: 'LayerNormalization',
    operands: { x: { shape: [2, 2] }, scale: list('float32', 1, 2) },
    attributes: { epsilon: { float: 0 } },
    outputs: { y: 'float32', mean: 'float32' },
  };
  const feeds = { x: floats([2, 2], 1, 3, 8, 4) };
  expect(await valuesOf(node, feeds)).toEqual([-1, 2, 1, -2]);
  expect(await valuesOf(node, feeds, 'mean')).toEqual([2, 6]);
});

it('LRN of an even size sees one channel more after its own', async () => {
  const attributes = { size: 2, alpha: { float: 2 }, beta: { float: 1 }, bias: { float: 0 } };
  const node = { op: 'LRN', operands: { x: x([1, 3, 1, 1]) }, attributes };
  await expectBoth(node, { x: floats([1, 3, 1, 1], 1, 1, 1) }, [
    [1, 3, 1, 1],
    [0.5, 0.5, 1],
  ]);
});

it('an empty batch is normalised in groups of several channels', async () => {
  const weights = {
    scale: { shape: [4], values: [1, 2, 3, 4] },
    bias: { shape: [4], values: [1, 1, 1, 1] },
  };
  for (const groups of [2, 4]) {
    const attributes = { num_groups: groups };
    const operands = { x: x([0, 4, 3]), ...weights };
    const node = { op: 'GroupNormalization', opset: 21, operands, attributes };
    await expectBoth(node, { x: floats([0, 4, 3]) }, [[0, 4, 3], []]);
    const single = { ...node, operands: { ...operands, x: x([0, 4, 1]) } };
    await expectBoth(single, { x: floats([0, 4, 1]) }, [[0, 4, 1], []]);
  }
});

it('what ONNX calls momentum is the share of the past', async () => {
  const four = (name: string, value: number): [string, Operand] => [name, list('float32', value)];
  const node: OneNode = {
    op: 'BatchNormalization',
    operands: {
      x: { shape: [4, 1] },
      ...Object.fromEntries([four('s', 1), four('b', 0), four('mean', 0), four('variance', 1)]),
    },
    attributes: { momentum: { float: 0.75 } },
  };
  const net = (await loadOnnx(oneNode(node))).train();
  net.run({ x: floats([4, 1], 8, 8, 8, 8) });
  const [mean] = Object.entries(net.stateDict()).flatMap(([key, t]) =>
    key.endsWith('running_mean') ? [t] : [],
  );
  expect(mean.data[0]).toBeCloseTo(2, 5);
});

describe('RMSNormalization', () => {
  const rms = (scale: readonly number[], attributes: OneNode['attributes'] = {}): OneNode => ({
    op: 'RMSNormalization',
    opset: 23,
    operands: { x: x([2, 2, 2]), scale: { shape: [scale.length], values: scale } },
    attributes: { epsilon: { float: 0 }, ...attributes },
  });
  const shape = [2, 2, 2];
  const feeds = { x: floats(shape, 1, 7, -3, 3, 0, 10, 6, -6) };

  it('divides by the root of the mean square along the last axis', async () => {
    // Mean squares 25, 9, 50, 36.
    const root = Math.fround(10 / Math.sqrt(50));
    const wanted = [1 / 5, 14 / 5, -1, 2, 0, 2 * root, 1, -2].map(Math.fround);
    await expectBoth(rms([1, 2]), feeds, [shape, wanted]);
  });

  it('takes the mean over all axes from the given one on, and adds epsilon to it', async () => {
    const wanted = [
      [1, 7, -3, 3],
      [0, 10, 6, -6],
    ].map((row, i) => row.map((v) => (3 * v) / Math.sqrt([17, 43][i] + 8)));
    for (const axis of [1, -2])
      for (const { y } of await runBoth(rms([3], { axis, epsilon: { float: 8 } }), feeds))
        expect([...y.data]).toEqual(wanted.flat().map((v) => expect.closeTo(v, 5)));
  });

  it('has its usual axis and epsilon where it names none', async () => {
    const node: OneNode = { ...rms([1, 1]), attributes: {} };
    // 0.003 / √(5·10⁻⁶ + 10⁻⁵)
    for (const { y } of await runBoth(node, { x: floats(shape, 0.003, 0.001, 0, 0, 1, 1, 1, 1) }))
      expect([...y.data]).toEqual([0.774597, 0.258199, 0, 0, 1, 1, 1, 1].map((v) => expect.closeTo(v, 4)));
  });

  it('learns its scale, and its network is written again', async () => {
    const net = await loadOnnx(oneNode(rms([1, 2])));
    expect(net.parameters().map((p) => [...p.data])).toEqual([[1, 2]]);
    const again = await loadOnnx(saveOnnx(net, { input: { x: shape } }));
    expect([...Object.values(again.run(feeds))[0].data]).toEqual([...net.run(feeds).y.data]);
  });

  it('refuses an axis that is not there', async () => {
    const net = loadOnnx(oneNode(rms([1, 2], { axis: 3 })));
    await expect(net.then((n) => n.run(feeds))).rejects.toThrow(/axis 3 does not exist in rank 3/);
  });
});

describe("RMSNormalization gives what ONNX's own cases of it have", () => {
  // The archive has the function written out as other operators; its data are those of the operator.
  const archive = openArchive('cases-1.23.1.zip');
  const cases = caseNames(archive).filter((name) => name.startsWith('test_rms_normalization'));

  it.each(cases)('%s', async (name) => {
    const [, sign = '', axis = '1'] = /axis_?(negative_)?(\d)/.exec(name) ?? ['', 'negative_'];
    const attributes = {
      axis: Number(axis) * (sign ? -1 : 1),
      ...(name.includes('epsilon') && { epsilon: { float: 0.1 } }),
    };
    const [{ inputs, outputs }] = readSets(archive, name);
    const [given, scale] = inputs.map(toTensor);
    const operands = { x: x(given.shape), scale: x(scale.shape) };
    const node = { op: 'RMSNormalization', opset: 23, operands, attributes };
    for (const { y } of await runBoth(node, { x: given, scale })) expectClose(y, outputs[0]);
  });

  it('of every rank and axis', () => expect(cases).toHaveLength(19));
});
