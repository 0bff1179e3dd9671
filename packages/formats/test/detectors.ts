// ONNX networks that look at values, written by hand: heads of convolutions with the tails that detectors have, sizes that
// values decide, and branches.

import { Generator } from 'neocog';
import { encode } from '../src/onnx/protobuf.ts';
import {
  type AttributeProto,
  attributeTypes,
  type GraphProto,
  modelType,
  type NodeProto,
  type TensorProto,
} from '../src/onnx/schema.ts';
import { type AttributeValue, attributeOf, initializer, type TypeName, valueInfo } from './onnxGraphs.ts';

type Attributes = Readonly<Record<string, AttributeValue | GraphProto>>;

const isGraph = (value: AttributeValue | GraphProto): value is GraphProto =>
  typeof value === 'object' && 'node' in value;

/** Writes a graph node by node; every method gives the name of its value. */
export class GraphMaker {
  readonly #nodes: NodeProto[] = [];
  readonly #initializers: TensorProto[] = [];
  readonly #prefix: string;
  readonly #random: Generator;

  /** `prefix` begins all names; those of inner graphs must differ from those around them. */
  constructor(prefix = '', seed = 1) {
    this.#prefix = prefix;
    this.#random = new Generator(seed);
  }

  add(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.several(op, inputs, attributes, 1)[0];
  }

  several(op: string, inputs: readonly string[], attributes: Attributes, count: number): string[] {
    const name = `${this.#prefix}${op}${this.#nodes.length}`;
    const output = Array.from({ length: count }, (_, i) => (i === 0 ? name : `${name}.${i}`));
    const attribute = Object.entries(attributes).map(
      ([key, value]): AttributeProto =>
        isGraph(value) ? { name: key, type: attributeTypes.graph, g: value } : attributeOf(key, value),
    );
    this.#nodes.push({ opType: op, name, input: [...inputs], output, attribute });
    return output;
  }

  /** The same value under a name of the caller's choice. */
  named(name: string, value: string): string {
    this.#nodes.push({
      opType: 'Identity',
      name: `${name}/out`,
      input: [value],
      output: [name],
      attribute: [],
    });
    return name;
  }

  constant(type: TypeName, shape: readonly number[], values: readonly number[]): string {
    const name = `${this.#prefix}constant${this.#initializers.length}`;
    this.#initializers.push(initializer(name, { type, shape, values }));
    return name;
  }

  int64s(...values: number[]): string {
    return this.constant('int64', [values.length], values);
  }

  float(value: number): string {
    return this.constant('float32', [], [value]);
  }

  /** Weights around 0. */
  weights(...shape: number[]): string {
    const size = shape.reduce((a, b) => a * b, 1);
    const spread = 1 / Math.sqrt(size / shape[0]);
    return this.constant(
      'float32',
      shape,
      Array.from({ length: size }, () => Math.fround((2 * this.#random.uniform() - 1) * 1.7 * spread)),
    );
  }

  /** A convolution of 3 × 3 with padding. */
  conv(x: string, from: number, to: number, stride = 1): string {
    return this.add('Conv', [x, this.weights(to, from, 3, 3), this.weights(to)], {
      kernel_shape: [3, 3],
      pads: [1, 1, 1, 1],
      strides: [stride, stride],
    });
  }

  graph(
    inputs: readonly (readonly [string, readonly (number | string)[]])[],
    outputs: readonly (readonly [string, TypeName])[],
  ): GraphProto {
    return {
      name: `graph ${this.#prefix}`,
      node: this.#nodes,
      initializer: this.#initializers,
      input: inputs.map(([name, shape]) => valueInfo(name, { shape })),
      output: outputs.map(([name, type]) => valueInfo(name, { type })),
    };
  }

  /** The graph of a branch, which reads what is around it. */
  branch(output: string, type: TypeName = 'float32'): GraphProto {
    return this.graph([], [[output, type]]);
  }
}

const modelOf = (graph: GraphProto): Uint8Array =>
  encode(modelType, { irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph });

type Sizes = readonly [n: number, c: number | string, h: number | string, w: number | string];

/** Boxes and scores of each cell of a map, as YOLO has them, then the best boxes and what they hold. */
export function yolo(size: Sizes = [1, 3, 24, 20]): Uint8Array {
  const g = new GraphMaker();
  const stem = g.add('Relu', [g.conv('x', 3, 8, 2)]);
  const map = g.add('Sigmoid', [g.conv(stem, 8, 7, 2)]);
  const rows = g.add('Transpose', [g.add('Reshape', [map, g.int64s(1, 7, -1)])], { perm: [0, 2, 1] });
  const [corner, extent, classes] = g.several('Split', [rows, g.int64s(2, 2, 3)], { axis: 2 }, 3);
  const size2 = g.add('Mul', [extent, g.float(0.3)]);
  const boxes = g.add('Concat', [corner, size2], { axis: 2 });
  const scores = g.add('Transpose', [classes], { perm: [0, 2, 1] });
  const limits = [
    g.constant('int64', [1], [4]),
    g.constant('float32', [1], [0.4]),
    g.constant('float32', [1], [0.5]),
  ];
  const kept = g.add('NonMaxSuppression', [boxes, scores, ...limits], { center_point_box: 1 });
  const at = g.add('Squeeze', [g.add('Gather', [kept, g.int64s(2)], { axis: 1 }), g.int64s(1)]);
  const found = g.named('boxes', g.add('Gather', [g.add('Squeeze', [boxes, g.int64s(0)]), at]));
  const indices = g.named('kept', kept);
  return modelOf(
    g.graph(
      [['x', size]],
      [
        [found, 'float32'],
        [indices, 'int64'],
      ],
    ),
  );
}

/** The best cells of each class by TopK, their boxes, and of these the ones that do not overlap, as SSD has them. */
export function ssd(): Uint8Array {
  const g = new GraphMaker('', 2);
  const map = g.conv(g.add('Relu', [g.conv('x', 3, 8, 2)]), 8, 6, 2);
  const rows = g.add('Transpose', [g.add('Reshape', [map, g.int64s(1, 6, -1)])], { perm: [0, 2, 1] });
  const [place, logits] = g.several('Split', [rows, g.int64s(4, 2)], { axis: 2 }, 2);
  const score = g.add('Squeeze', [
    g.add('Gather', [g.add('Softmax', [logits], { axis: 2 }), g.int64s(1)], { axis: 2 }),
    g.int64s(2),
  ]);
  const [best, at] = g.several('TopK', [score, g.int64s(12)], { axis: 1 }, 2);
  const spread = g.add('Expand', [g.add('Unsqueeze', [at, g.int64s(2)]), g.int64s(1, 12, 4)]);
  const boxes = g.add('Sigmoid', [g.add('GatherElements', [place, spread], { axis: 1 })]);
  const kept = g.add('NonMaxSuppression', [
    boxes,
    g.add('Unsqueeze', [best, g.int64s(1)]),
    g.constant('int64', [1], [5]),
    g.constant('float32', [1], [0.3]),
  ]);
  const rowsKept = g.add('GatherND', [best, g.add('Gather', [kept, g.int64s(0, 2)], { axis: 1 })]);
  const outputs = [
    [g.named('scores', rowsKept), 'float32'],
    [g.named('top', best), 'float32'],
    [g.named('places', at), 'int64'],
  ] as const;
  return modelOf(g.graph([['x', [1, 3, 24, 20]]], outputs));
}

/** Where a map is above 0, what is there, and how many of them. */
export function cells(): Uint8Array {
  const g = new GraphMaker('', 3);
  const map = g.conv('x', 3, 2);
  const places = g.add('Transpose', [g.add('NonZero', [g.add('Greater', [map, g.float(0.4)])])], {
    perm: [1, 0],
  });
  const values = g.add('GatherND', [map, places]);
  const count = g.add('Slice', [g.add('Shape', [values]), g.int64s(0), g.int64s(1)]);
  const outputs = [
    [g.named('places', places), 'int64'],
    [g.named('values', values), 'float32'],
    [g.named('count', count), 'int64'],
    [g.named('map', map), 'float32'],
  ] as const;
  return modelOf(g.graph([['x', [1, 3, 6, 5]]], outputs));
}

/** A dark picture takes another way than a bright one, and one way divides once more; then a convolution for both. */
export function branches(): Uint8Array {
  const g = new GraphMaker('', 4);
  const stem = g.add('Relu', [g.conv('x', 3, 8)]);
  const mean = g.add('ReduceMean', [stem], { keepdims: 0 });
  const isBright = g.add('Greater', [mean, g.float(0.6)]);
  const dark = new GraphMaker('dark/', 5);
  const least = g.add('ReduceMax', ['x'], { keepdims: 0 });
  const inner = (name: string, seed: number, bias: number) => {
    const part = new GraphMaker(`${name}/`, seed);
    const y = part.conv(part.add('Add', [stem, part.float(bias)]), 8, 8);
    return part.branch(part.add('Tanh', [y]));
  };
  const isBlack = dark.add('Less', [least, dark.float(0.5)]);
  const way = dark.add('If', [isBlack], {
    then_branch: inner('black', 6, 1),
    else_branch: inner('gray', 7, 0),
  });
  const darkBranch = dark.branch(dark.add('Mul', [way, dark.float(2)]));
  const bright = new GraphMaker('bright/', 8);
  const brightBranch = bright.branch(bright.add('Sigmoid', [bright.conv(stem, 8, 8)]));
  const chosen = g.add('If', [isBright], { then_branch: brightBranch, else_branch: darkBranch });
  const last = g.conv(g.add('Mul', [chosen, g.float(0.5)]), 8, 4);
  const y = g.named('y', g.add('Relu', [last]));
  return modelOf(
    g.graph(
      [['x', [1, 3, 8, 8]]],
      [
        [y, 'float32'],
        [g.named('bright', isBright), 'bool'],
      ],
    ),
  );
}

/** A map is cut and resized by numbers that follow from its values; one more convolution has no known size. */
export function sizes(): Uint8Array {
  const g = new GraphMaker('', 9);
  const map = g.add('Relu', [g.conv('x', 3, 4)]);
  const mean = g.add('ReduceMean', [map], { keepdims: 0 });
  const rows = g.add(
    'Cast',
    [g.add('Ceil', [g.add('Clip', [g.add('Mul', [mean, g.float(8)]), g.float(1), g.float(6)])])],
    { to: 7 },
  );
  const end = g.add('Unsqueeze', [rows, g.int64s(0)]);
  const cut = g.add('Slice', [map, g.int64s(0), end, g.int64s(2)]);
  const wanted = g.add('Concat', [g.int64s(1, 4), end, g.int64s(7)], { axis: 0 });
  const resized = g.add('Resize', [cut, '', '', wanted], { mode: 'nearest' });
  const y = g.named('y', g.conv(resized, 4, 2));
  const count = g.named(
    'numbers',
    g.add('Range', [g.constant('int64', [], [0]), rows, g.constant('int64', [], [1])]),
  );
  return modelOf(
    g.graph(
      [['x', [1, 3, 8, 6]]],
      [
        [y, 'float32'],
        [count, 'int64'],
      ],
    ),
  );
}

/** The strongest channels are weighed and mixed: after TopK, whose k is constant, sizes are known again. */
export function strongest(): Uint8Array {
  const g = new GraphMaker('', 10);
  const map = g.add('Relu', [g.conv('x', 3, 8)]);
  const means = g.add('ReduceMean', [map], { axes: [2, 3], keepdims: 0 });
  const [, at] = g.several('TopK', [means, g.int64s(3)], { axis: 1 }, 2);
  const best = g.add('Gather', [map, g.add('Squeeze', [at, g.int64s(0)])], { axis: 1 });
  const y = g.named('y', g.conv(g.add('Mul', [best, g.float(2)]), 3, 4));
  return modelOf(g.graph([['x', [1, 3, 8, 6]]], [[y, 'float32']]));
}

/** The value at a place that the middle one says. */
export function picks(): Uint8Array {
  const g = new GraphMaker();
  const middle = g.add('Slice', ['x', g.int64s(1), g.int64s(2)]);
  const count = g.add('Size', [g.add('NonZero', [middle])]);
  const at = g.add('Mul', [g.add('Cast', [middle], { to: 7 }), count]);
  const y = g.named('y', g.add('GatherElements', ['x', at]));
  return modelOf(g.graph([['x', [3]]], [[y, 'float32']]));
}

/** As many zeros as the input says. */
export function repeats(): Uint8Array {
  const g = new GraphMaker();
  const count = g.add('Cast', ['x'], { to: 7 });
  return modelOf(g.graph([['x', [1]]], [[g.named('y', g.add('ConstantOfShape', [count])), 'float32']]));
}

/** The way not taken, by its condition on shapes, reads what values decide. */
export function shapedChoice(): Uint8Array {
  const g = new GraphMaker('', 11);
  const map = g.conv('x', 3, 4);
  const found = g.add('Cast', [g.add('NonZero', [g.add('Greater', [map, g.float(0.2)])])], { to: 1 });
  const rank = g.add('Size', [g.add('Shape', [map])]);
  const isFlat = g.add('Equal', [rank, g.constant('int64', [], [2])]);
  const flat = new GraphMaker('flat/', 12);
  const flatBranch = flat.branch(flat.add('ReduceSum', [found], { keepdims: 0 }));
  const deep = new GraphMaker('deep/', 13);
  const deepBranch = deep.branch(deep.conv(map, 4, 2));
  const y = g.add('If', [isFlat], { then_branch: flatBranch, else_branch: deepBranch });
  return modelOf(
    g.graph(
      [['x', [1, 3, 6, 5]]],
      [
        [g.named('y', g.add('Relu', [y])), 'float32'],
        [g.named('found', found), 'float32'],
      ],
    ),
  );
}

/** Behind what looks at values, more numbers than any memory holds follow from shapes. */
export function spendthrift(): Uint8Array {
  const g = new GraphMaker();
  const places = g.named('places', g.add('NonZero', ['x']));
  const [start, step] = [0, 1].map((value) => g.constant('int64', [], [value]));
  const size = g.add('Mul', [g.add('Size', ['x']), g.constant('int64', [], [1e12])]);
  const count = g.named('count', g.add('Range', [start, size, step]));
  return modelOf(
    g.graph(
      [['x', [3]]],
      [
        [places, 'int64'],
        [count, 'int64'],
      ],
    ),
  );
}
