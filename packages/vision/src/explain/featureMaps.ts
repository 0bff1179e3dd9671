// What the layers of a network make of a picture.

import { type nn, noGrad, ShapeError, Tensor } from 'neocog';
import { type Fields, listOf, need, needOptions, shortText, text } from 'neocog/arguments';
import { aModule, likeGiven, needPictures, watch } from './watch.ts';

/** Which layers `featureMaps` shows. */
export interface FeatureMapsOptions {
  /** Their paths, as `net.namedModules()` has them. Default: all that give maps. */
  layers?: readonly string[] | undefined;
}

const featureMapsFields: Fields<FeatureMapsOptions> = { layers: listOf('paths', text) };

/**
 * The maps of layers by path, in the order in which they ran: [mc, mh, mw] of one picture [c, h, w], [n, mc, mh, mw] of several. Runs
 * eagerly and in evaluation mode.
 *
 * @throws ShapeError for a layer that there is not, or that gives no maps.
 * @example for (const [path, maps] of Object.entries(featureMaps(net, x))) console.log(path, maps.shape);
 */
export function featureMaps(
  net: nn.Module,
  x: Tensor,
  options: FeatureMapsOptions = {},
): Record<string, Tensor> {
  need('featureMaps', 'net', net, aModule);
  const pictures = needPictures('featureMaps', x);
  needOptions('featureMaps', options, featureMapsFields);
  const { seen } = noGrad(() => watch(net, pictures));
  const maps = new Map([...seen].filter(([, { shape }]) => shape.length === 4));
  for (const path of options.layers ?? [])
    if (!maps.has(path))
      throw new ShapeError(
        `featureMaps: the layer '${shortText(path)}' gives no maps [n, c, h, w]; net.namedModules() lists all layers`,
      );
  const wanted = options.layers ?? [...maps.keys()];
  // As values of their own: what ran in place of them later does not matter.
  return Object.fromEntries(wanted.map((path) => [path, likeGiven(x, copyOf(maps.get(path) as Tensor))]));
}

const copyOf = ({ data, shape }: Tensor): Tensor => new Tensor(data.slice(), shape);
