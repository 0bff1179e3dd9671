// What is shown of a network and a picture: numbers and tensors, no page.

import { activations, featureMaps, gradCam, occlusion } from '@neocog/vision';
import {
  effectiveReceptiveField,
  type LayerSummary,
  type nn,
  noGrad,
  reshape,
  type Summary,
  summary,
  type Tensor,
} from 'neocog';
import { CommandError } from '../files.ts';
import { type Answer, rank, sharesOf } from '../run/answers.ts';
import { needNames, type Seen } from './seen.ts';

export interface InsightWords {
  /** Of Grad-CAM, and of the maps beside those of the usual layers. */
  readonly layer?: string;
  /** What Grad-CAM and occlusion explain; else the likeliest class. */
  readonly class?: number;
}

/** Where the network looks for a class. */
export interface Looks {
  readonly class: string;
  readonly gradCam: Tensor | null;
  readonly occlusion: Tensor;
}

/** What the middle cell of a layer sees of the picture. */
export interface FieldView {
  readonly layer: LayerSummary;
  /** [h, w], by gradients on this picture. */
  readonly effective: Tensor;
  /** Left, top, right, bottom in pixels, beyond the picture's edges too. */
  readonly box: readonly [number, number, number, number];
}

export interface LayerView extends LayerSummary {
  readonly mean: number;
  readonly zeros: number;
  readonly dead: number;
  readonly units: number;
}

export interface Insights {
  readonly answers: readonly Answer[] | null;
  readonly looks: Looks | null;
  readonly fields: readonly FieldView[];
  readonly maps: Readonly<Record<string, Tensor>>;
  readonly layers: readonly LayerView[];
  readonly summary: Summary;
}

/** Layers whose maps and fields are shown unless one is named. */
const usual = 4;

export function insightsOf({ net, x, classes }: Seen, words: InsightWords): Insights {
  const found = summary(net, x.shape);
  const output = noGrad(() => net.forward(x));
  const shares = sharesOf(output);
  const names = shares ? needNames(classes, shares.length) : [];
  const convolutions = withMaps(found.layers);
  const shown = words.layer === undefined ? spread(convolutions, usual) : [needLayer(found, words.layer)];
  return {
    answers: shares ? rank(names, shares) : null,
    looks: shares ? looksOf({ net, x, names, shares }, words) : null,
    fields: shown.flatMap((layer) => fieldOf(net, x, layer)),
    maps: featureMaps(net, reshape(x, x.shape.slice(1)), { layers: shown.map(({ name }) => name) }),
    layers: layersOf(net, x, found),
    summary: found,
  };
}

const withMaps = (layers: readonly LayerSummary[]): LayerSummary[] => {
  const maps = layers.filter(
    ({ outputShape }) => outputShape.length === 4 && outputShape[2] * outputShape[3] > 1,
  );
  const convolutions = maps.filter(({ multiplyAdds }) => multiplyAdds > 0);
  return convolutions.length > 0 ? convolutions : maps;
};

/** Some of a list, from its first to its last. */
const spread = <T>(list: readonly T[], count: number): T[] => {
  const most = Math.min(count, list.length);
  const at = (i: number): number => Math.round((i * (list.length - 1)) / Math.max(1, most - 1));
  return Array.from({ length: most }, (_, i) => list[at(i)]);
};

function needLayer({ layers }: Summary, name: string): LayerSummary {
  const found = layers.find((layer) => layer.name === name);
  if (found?.outputShape.length === 4) return found;
  const names = withMaps(layers).map((layer) => layer.name);
  throw new CommandError(`no layer ${name} gives maps; choose one of: ${names.join(', ')}`);
}

interface Scored extends Pick<Seen, 'net' | 'x'> {
  readonly names: readonly string[];
  readonly shares: Float32Array;
}

function looksOf({ net, x, names, shares }: Scored, words: InsightWords): Looks {
  const id = words.class ?? shares.indexOf(Math.max(...shares));
  if (id >= names.length)
    throw new CommandError(`--class ${id} is no class of the network; there are ${names.length}, from 0`);
  const one = reshape(x, x.shape.slice(1));
  const maps = withMaps(summary(net, x.shape).layers).length > 0;
  return {
    class: names[id],
    gradCam: maps ? gradCam(net, one, { class: id, layer: words.layer }) : null,
    occlusion: occlusion(net, one, { class: id }),
  };
}

function fieldOf(net: nn.Module, x: Tensor, layer: LayerSummary): FieldView[] {
  const { receptiveField: field, name, outputShape } = layer;
  if (field?.size.length !== 2) return [];
  const output = outputShape.slice(2).map((size) => Math.floor(size / 2));
  const [top, left] = output.map((at, d) => field.start[d] + at * field.jump[d]);
  const effective = effectiveReceptiveField(net, x.shape, { layer: name, output, input: x });
  return [{ layer, effective, box: [left, top, left + field.size[1], top + field.size[0]] }];
}

function layersOf(net: nn.Module, x: Tensor, { layers }: Summary): LayerView[] {
  const values = activations(net, x);
  return layers.map((layer) => {
    const { mean = 0, zeros = 0, dead = [], strongest = [] } = values[layer.name] ?? {};
    return { ...layer, mean, zeros, dead: dead.length, units: strongest.length };
  });
}
