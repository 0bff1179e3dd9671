// The worker of the view: opens networks and computes whatever is shown of them.

import {
  activations,
  featureMaps,
  gradCam,
  occlusion,
  optimalPicture,
  strongestPatches,
  toPixels,
} from '@neocog/vision';
import { effectiveReceptiveField, noGrad, Tensor } from 'neocog';
import type { Maps } from '../../../work/maps.ts';
import type { PixelData } from '../../../work/pictures.ts';
import { serve, type TaskContext, Transfer } from '../../../work/serve.ts';
import { kernelOf } from './describe.ts';
import type { Origin, PixelRule, Seeing } from './facts.ts';
import { layOut } from './layout.ts';
import { type Change, profileNetwork } from './profile.ts';
import { Session } from './session.ts';

const session = new Session();

const moved = <T>(value: T, ...arrays: readonly { readonly buffer: ArrayBufferLike }[]): Transfer<T> =>
  new Transfer(
    value,
    arrays.map(({ buffer }) => buffer as ArrayBuffer),
  );

/** [c, h, w] as maps; a vector is maps of one cell. */
function mapsOf({ data, shape }: Tensor): Transfer<Maps> {
  const values = Float32Array.from(data);
  const [count = 1, height = 1, width = 1] = shape;
  return moved({ count, height, width, values }, values);
}

/** One map [h, w] as maps. */
const asMap = ({ data, shape }: Tensor): Tensor => new Tensor(data, [1, ...shape]);

/** How many pictures statistics and patches look at: a few seconds' worth. */
const enough = (): number =>
  Math.max(1, Math.min(64, Math.floor(6e9 / Math.max(1, session.facts.multiplyAdds))));

interface UnitPlace {
  readonly layer: string;
  readonly unit: number;
}

export const tasks = serve({
  open: ({ origin, seeing }: { origin: Origin; seeing: Seeing }) => session.open(origin, seeing),

  resize: (seeing: Seeing) => session.resize(seeing),

  layOut,

  look: ({ pictures, rule }: { pictures: readonly PixelData[]; rule: PixelRule }) =>
    session.look(pictures, rule),

  answer: (index: number) => session.answer(index),

  maps: ({ layer, index }: { layer: string; index: number }) => {
    const x = session.picture(index);
    const { [layer]: values } = activations(session.net, x, { layers: [layer] });
    if (values!.shape.length === 4) return mapsOf(featureMaps(session.net, x, { layers: [layer] })[layer]!);
    // Of a layer without maps each unit is one value, which is its strongest.
    return mapsOf(new Tensor(Float32Array.from(values!.strongest), [values!.strongest.length]));
  },

  kernels: (layer: string) => {
    const part = session.net.namedModules().find(([path]) => path === layer)?.[1];
    const weight = kernelOf(part);
    if (!weight) throw new Error(`The layer ${layer} has no kernels.`);
    return { shape: weight.shape, values: Float32Array.from(weight.data) };
  },

  values: (layers: readonly string[]) => activations(session.net, session.batch(enough()), { layers }),

  gradCam: ({ index, layer, chosen }: { index: number; layer?: string | undefined; chosen: number }) =>
    mapsOf(asMap(gradCam(session.net, session.picture(index), { layer, class: chosen }))),

  occlusion: ({ index, chosen }: { index: number; chosen: number }) => {
    const [, height = 1, width = 1] = session.picture(index).shape;
    const window = Math.max(2, Math.round(Math.min(height, width) / 6));
    const stride = Math.max(1, Math.round(Math.min(height, width) / 14));
    const drops = occlusion(session.net, session.picture(index), { class: chosen, window, stride });
    return mapsOf(asMap(drops));
  },

  field: ({ layer, cell, index }: { layer: string; cell: readonly number[]; index: number }) => {
    const x = session.picture(index);
    const input = new Tensor(x.data, [1, ...x.shape]);
    const map = effectiveReceptiveField(session.net, input.shape, { layer, output: cell, input });
    return mapsOf(asMap(map));
  },

  patches: ({ layer, unit }: UnitPlace) =>
    noGrad(() => strongestPatches(session.net, session.batch(enough()), { layer, unit, count: 9 })),

  optimal: (
    { layer, unit, rule, steps }: UnitPlace & { rule: PixelRule; steps: number },
    { report }: TaskContext,
  ) => {
    const [, ...shape] = session.inputShape;
    const bound = (value: number): number[] =>
      rule.mean.map((mean, c) => (value - mean) / (rule.std[c % rule.std.length] ?? 1));
    const channels = shape[0] ?? 1;
    const each = (values: number[]): number[] =>
      Array.from({ length: channels }, (_, c) => values[c % values.length]!);
    const picture = optimalPicture(session.net, {
      layer,
      unit,
      shape,
      steps,
      least: each(bound(0)),
      most: each(bound(rule.top)),
      onStep: (step, answer) => report({ step, steps, answer }),
    });
    const { mean, std, top } = rule;
    return toPixels(picture, { mean: each([...mean]), std: each([...std]), scale: top / 255 });
  },

  profile: (change: Change, { report }: TaskContext) => profileNetwork(session, change, report),
});
