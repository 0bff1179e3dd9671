// Grad-CAM (Selvaraju et al., 2017): where a network saw what speaks for a class. The maps of a layer, each weighted by the mean
// gradient of the class's score by it, summed, and what is below 0 left out.

import { grad, nn, ShapeError, Tensor } from 'neocog';
import { type Fields, need, needOptions, oneOf, shortText, text, whole } from 'neocog/arguments';
import { aModule, classesOf, likeGiven, needPictures, type Seen, watch } from './watch.ts';

/** What `gradCam` explains. */
export interface GradCamOptions {
  /** Path of the layer, as `net.namedModules()` has it. Default: the last one whose maps have more than one cell. */
  layer?: string | undefined;
  /** Which class. Default: of each picture the one with the highest score. */
  class?: number | undefined;
  /** The order of the axes of maps: [n, c, h, w] or [n, h, w, c]. Default: that of the last convolution. */
  layout?: Layout | undefined;
}

type Layout = 'channels-first' | 'channels-last';

const gradCamFields: Fields<GradCamOptions> = {
  layer: text,
  class: whole(0),
  layout: oneOf('channels-first', 'channels-last'),
};

/**
 * Where a network sees what speaks for a class: maps of the layer's size, [mh, mw] of one picture [c, h, w], [n, mh, mw] of several
 * [n, c, h, w], or [h, w, c] and [n, h, w, c] for a network that takes these; 0 where nothing does. Runs eagerly and in evaluation
 * mode, and leaves the network as it is.
 *
 * @throws ShapeError for a layer or a class that there is not, and a network that gives no scores [n, classes].
 * @example drawTo(canvas, heatmap(photo, gradCam(net, x, { class: 3 })));
 */
export function gradCam(net: nn.Module, x: Tensor, options: GradCamOptions = {}): Tensor {
  need('gradCam', 'net', net, aModule);
  const pictures = needPictures('gradCam', x);
  needOptions('gradCam', options, gradCamFields);
  // From the picture on everything is recorded, also by a network that is frozen.
  const { output, seen } = watch(net, new Tensor(pictures.data, pictures.shape, true));
  const ids = classesOf('gradCam', output, options.class);
  const layout = options.layout ?? layoutOf(net);
  const maps = mapsOf(seen, layout, options.layer);
  const one = new Tensor(new Float32Array(output.data.length), output.shape);
  ids.forEach((id, i) => {
    one.data[i * output.shape[1] + id] = 1;
  });
  const [slopes] = grad(output, [maps], { gradient: one });
  return likeGiven(x, weighted(maps, slopes, layout));
}

function layoutOf(net: nn.Module): Layout {
  const parts = net.namedModules().map(([, part]) => part);
  return parts.findLast((part) => part instanceof nn.Conv2d)?.options.layout ?? 'channels-first';
}

/** Of maps. */
const sizeOf = ({ shape: [n, a, b, c] }: Tensor, layout: Layout): readonly number[] =>
  layout === 'channels-first' ? [n, a, b * c] : [n, c, a * b];

function mapsOf(seen: Seen, layout: Layout, layer: string | undefined): Tensor {
  const isMap = ({ shape }: Tensor): boolean => shape.length === 4;
  const large = [...seen].filter(([, given]) => isMap(given) && sizeOf(given, layout)[2] > 1);
  const found = layer === undefined ? large.at(-1)?.[1] : seen.get(layer);
  if (found && isMap(found)) return found;
  const paths = large.slice(-4).map(([path]) => path);
  const there = paths.length > 0 ? `there are ${paths.join(', ')}, for instance` : 'the network has none';
  throw new ShapeError(
    `gradCam: ${layer === undefined ? 'no layer' : `the layer '${shortText(layer)}'`} gives maps ${layout === 'channels-first' ? '[n, c, h, w]' : '[n, h, w, c]'}; ${there}`,
  );
}

/** Σ of maps by the mean of their slopes, cut below 0. */
function weighted(maps: Tensor, slopes: Tensor, layout: Layout): Tensor {
  const [n, channels, area] = sizeOf(maps, layout);
  const isFirst = layout === 'channels-first';
  const [step, stride] = isFirst ? [1, area] : [channels, 1];
  const values = new Float32Array(n * area);
  for (let i = 0; i < n; i++)
    for (let c = 0; c < channels; c++) {
      const plane = { first: i * channels * area + c * stride, step, area };
      const weight = meanOf(slopes.data, plane);
      for (let p = 0; p < area; p++) values[i * area + p] += weight * maps.data[plane.first + p * step];
    }
  const [height, width] = isFirst ? maps.shape.slice(2) : maps.shape.slice(1, 3);
  return new Tensor(
    values.map((value) => Math.max(0, value)),
    [n, height, width],
  );
}

/** Where the values of one map lie. */
interface Plane {
  readonly first: number;
  readonly step: number;
  readonly area: number;
}

function meanOf(values: ArrayLike<number>, { first, step, area }: Plane): number {
  let sum = 0;
  for (let p = 0; p < area; p++) sum += values[first + p * step];
  return sum / area;
}
