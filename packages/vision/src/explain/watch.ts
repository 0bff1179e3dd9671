// What layers give while a network runs once: their `forward` is replaced for as long, and put back whatever happens.

import { nn, ShapeError, Tensor } from 'neocog';
import { floatTensor, instance, need, shortText, show } from 'neocog/arguments';

export const aModule = instance<nn.Module>('a network, an nn.Module', nn.Module);

/** What layers gave, by path, in the order in which they ran. One that ran several times comes with its last. */
export type Seen = ReadonlyMap<string, Tensor>;

/** What the network gave, and its layers on the way. */
export interface Watched {
  readonly output: Tensor;
  readonly seen: Seen;
}

/** Thrown to end a run; nobody who handles errors of networks takes it for one. */
const reached = Symbol('reached');

/** What the layer of a path gives. The network runs in evaluation mode, and no further than to that layer. */
export function outputOf(fn: string, { net, layer }: { net: nn.Module; layer: string }, x: Tensor): Tensor {
  let found: Tensor | undefined;
  try {
    watch(net, x, (path, given) => {
      if (path !== layer) return;
      found = given;
      throw reached;
    });
  } catch (error) {
    if (error !== reached) throw error;
  }
  if (found) return found;
  throw new ShapeError(`${fn}: no layer '${shortText(layer)}' ran; net.namedModules() lists all layers`);
}

/** Runs a network in evaluation mode and keeps what its layers give. `tell` hears of each at once. */
export function watch(
  net: nn.Module,
  x: Tensor,
  tell: (path: string, given: Tensor) => void = () => {},
): Watched {
  const seen = new Map<string, Tensor>();
  const restore = net.evalForNow();
  const layers = net.namedModules().filter(([path]) => path !== '');
  const before = layers.map(([, layer]) => Object.getOwnPropertyDescriptor(layer, 'forward'));
  try {
    for (const [path, layer] of layers)
      listen(layer, (given) => {
        seen.delete(path);
        seen.set(path, given);
        tell(path, given);
      });
    return { output: net.forward(x), seen };
  } finally {
    // The last first: a layer at two paths was replaced twice.
    for (let i = layers.length - 1; i >= 0; i--) putBack(layers[i][1], before[i]);
    restore();
  }
}

function listen(layer: nn.Module, tell: (given: Tensor) => void): void {
  const { forward } = layer;
  const value = (...inputs: [Tensor]): Tensor => {
    const given = forward.apply(layer, inputs);
    if (given instanceof Tensor) tell(given);
    return given;
  };
  Object.defineProperty(layer, 'forward', { value, configurable: true, writable: true, enumerable: false });
}

function putBack(layer: nn.Module, own: PropertyDescriptor | undefined): void {
  if (own) Object.defineProperty(layer, 'forward', own);
  else Reflect.deleteProperty(layer, 'forward');
}

/** A picture [c, h, w], or several [n, c, h, w], as a batch. @throws ShapeError for anything else. */
export function needPictures(fn: string, x: Tensor): Tensor {
  need(fn, 'x', x, floatTensor);
  const shape = x.shape.length === 3 ? [1, ...x.shape] : x.shape;
  if (shape.length === 4 && x.data.length > 0) return new Tensor(x.data, shape);
  throw new ShapeError(
    `${fn}: x has shape ${show(x.shape)}; give a picture [c, h, w], or several [n, c, h, w]`,
  );
}

/** Each picture as a batch of one, on the same memory. */
export function singles({ data, shape }: Tensor): Tensor[] {
  const [n, ...one] = shape;
  const size = data.length / n;
  return Array.from(
    { length: n },
    (_, i) => new Tensor(data.subarray(i * size, (i + 1) * size), [1, ...one]),
  );
}

/** The result for a batch, or for the one picture that was given. */
export const likeGiven = (given: Tensor, result: Tensor): Tensor =>
  given.shape.length === 3 ? new Tensor(result.data, result.shape.slice(1)) : result;

/** The class of each picture: the one that was named, or the one with the highest score. @throws ShapeError */
export function classesOf(fn: string, scores: Tensor, wanted: number | undefined): number[] {
  const [n, classes] = scores.shape;
  if (scores.shape.length !== 2 || classes === 0)
    throw new ShapeError(
      `${fn}: the network gives ${show(scores.shape)}; scores of classes, [n, classes], are needed`,
    );
  if (wanted !== undefined && wanted >= classes)
    throw new ShapeError(`${fn}: class is ${wanted}, the network knows ${classes}; they count from 0`);
  return Array.from({ length: n }, (_, i) => {
    const row = scores.data.subarray(i * classes, (i + 1) * classes);
    return wanted ?? row.indexOf(Math.max(...row));
  });
}
