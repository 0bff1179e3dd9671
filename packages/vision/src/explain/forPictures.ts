// A network of any file as a function from pictures to scores, whatever the order of its axes and however many inputs it has. The
// layers keep their paths.

import { concat, nn, permute, reshape, ShapeError, split, type Tensor, zeros } from 'neocog';
import { need, show } from 'neocog/arguments';
import { aModule } from './watch.ts';

/** A network as `forPictures` gives it. */
export interface PictureNetwork {
  /** Takes [n, c, h, w]; gives what the network gives first, as [n, classes] if that is a row of scores for each picture. */
  readonly net: nn.Module;
  /** Channels of a picture; null if the network leaves them open, as all modules do that come from no file. */
  readonly channels: number | null;
  /** Height and width; null where they are open. */
  readonly size: readonly [height: number | null, width: number | null];
  /** The order of axes in the network's own input. */
  readonly layout: 'channels-first' | 'channels-last';
}

/**
 * A network seen as one of pictures: inputs that are channels-last, as in files of TensorFlow and Keras, are turned, and inputs that are
 * no pictures are zeros. What explains a network takes `net` of the result; the paths of its layers are the same.
 *
 * @throws ShapeError where no input can be a picture.
 * @example const { net, channels, size } = forPictures(await loadTfjs('model.json')); gradCam(net, x);
 */
export function forPictures(net: nn.Module): PictureNetwork {
  need('forPictures', 'net', net, aModule);
  if (!(net instanceof nn.NamedModule))
    return { net: new Seen(net, (x) => net.forward(x)), channels: null, size: [null, null], layout: first };
  const input = pictureInput(net.inputs);
  const { name, shape } = input;
  const [output] = net.outputs;
  const run = (x: Tensor): Tensor => {
    const own = input.layout === first ? x : permute(x, [0, 2, 3, 1]);
    return net.run({ ...zerosBeside(net.inputs, name, x.shape[0]), [name]: own })[output.name];
  };
  // Files often state a batch of one.
  const many = (x: Tensor): Tensor =>
    shape[0] === 1 && x.shape[0] > 1
      ? concat(
          split(x, x.shape[0], { axis: 0 }).map((one) => run(one)),
          { axis: 0 },
        )
      : run(x);
  const [c, h, w] = (input.layout === first ? [1, 2, 3] : [3, 1, 2]).map((axis) => sizeOf(shape[axis]));
  return { net: new Seen(net, many), channels: c, size: [h, w], layout: input.layout };
}

const first = 'channels-first';

const sizeOf = (size: number | string | undefined): number | null => (typeof size === 'number' ? size : null);

interface PictureInput extends nn.NamedValue {
  readonly layout: PictureNetwork['layout'];
}

/** The first input with four axes, of which one is few channels. */
function pictureInput(inputs: readonly nn.NamedValue[]): PictureInput {
  const fits = inputs.filter(({ shape, dtype }) => shape.length === 4 && dtype === 'float32');
  for (const input of fits) {
    const [, c, , last] = input.shape;
    const few = (size: number | string): boolean => typeof size === 'number' && size <= 4;
    if (few(last) && !few(c)) return { ...input, layout: 'channels-last' };
    if (few(c)) return { ...input, layout: first };
  }
  const [input] = fits;
  if (input) return { ...input, layout: first };
  const list = inputs.map(({ name, shape }) => `${name} ${show(shape)}`).join(', ');
  throw new ShapeError(
    `forPictures: no input of the network can be a picture (${list}); an input [n, c, h, w] or [n, h, w, c] is needed`,
  );
}

/** Of the inputs beside the picture; an open size is that of the batch. */
const zerosBeside = (
  inputs: readonly nn.NamedValue[],
  picture: string,
  batch: number,
): Record<string, Tensor> =>
  Object.fromEntries(
    inputs
      .filter(({ name }) => name !== picture)
      .map(({ name, shape, dtype }) => [
        name,
        zeros(
          shape.map((size) => (typeof size === 'number' ? size : batch)),
          { dtype },
        ),
      ]),
  );

/** The parts of a network under another forward. */
class Seen extends nn.Module {
  readonly #net: nn.Module;
  readonly #run: (x: Tensor) => Tensor;

  constructor(net: nn.Module, run: (x: Tensor) => Tensor) {
    super();
    this.#net = net;
    this.#run = run;
  }

  override children(): [name: string, child: nn.Module][] {
    return this.#net.children();
  }

  override describe(): string {
    return this.#net.describe();
  }

  forward(x: Tensor): Tensor {
    const y = this.#run(x);
    const [n] = x.shape;
    const isRow = y.rank !== 2 && y.shape.includes(y.size / n) && y.size > n;
    return isRow ? reshape(y, [n, y.size / n]) : y;
  }
}
