// Groups of parameters by where they stand in a network: rates that fall towards its input (Howard and Ruder, "Universal language
// model fine-tuning for text classification", 2018).

import { field, isRecord, need } from '../arguments/field.ts';
import { shortText } from '../arguments/show.ts';
import { ShapeError } from '../errors.ts';
import type { Module } from '../nn/index.ts';
import { aModule } from '../nn/parts.ts';
import type { GroupOptions } from './groups.ts';

const byPath = field<Readonly<Record<string, object>>>(
  "an object of settings by paths, such as { '': { lr: 1e-5 }, fc: { lr: 1e-3 } }",
  (v) => isRecord(v) && Object.keys(v).length > 0 && Object.values(v).every(isRecord),
);

/**
 * Groups for an optimiser: each parameter with the settings of the longest path that its key begins with; '' stands for all others,
 * which else are left out. Frozen parameters are left out, see `nn.freeze`. Under a schedule of `fit` rates keep their ratios.
 *
 * @throws ShapeError for a path under which there is no parameter.
 * @example
 * const groups = optim.parameterGroups(net, { '': { lr: 1e-5 }, layer4: { lr: 1e-4 }, fc: { lr: 1e-3, weightDecay: 0 } });
 * const optimizer = new optim.AdamW(groups);
 */
export function parameterGroups<S extends object>(
  module: Module,
  settings: Readonly<Record<string, S>>,
): GroupOptions<S>[] {
  need('parameterGroups', 'module', module, aModule);
  need('parameterGroups', 'settings', settings, byPath);
  const paths = Object.keys(settings).sort((a, b) => b.length - a.length);
  const all = module.namedParameters();
  const isIn = (key: string, path: string): boolean =>
    path === '' || key === path || key.startsWith(`${path}.`);
  for (const path of paths) {
    if (all.some(([key]) => isIn(key, path))) continue;
    throw new ShapeError(
      `parameterGroups: there is no parameter under '${shortText(path)}'; name parts of the module, such as ${all
        .slice(-2)
        .map(([key]) => key)
        .join(', ')}`,
    );
  }
  const pathOf = (key: string): string | undefined => paths.find((path) => isIn(key, path));
  return Object.entries(settings).flatMap(([path, own]) => {
    const parameters = all.flatMap(([key, p]) => (p.requiresGrad && pathOf(key) === path ? [p] : []));
    return parameters.length > 0 ? [{ ...own, parameters }] : [];
  });
}
