// Optimisers.

export { Adagrad, type AdagradOptions, type AdagradSettings } from './adagrad.ts';
export { Adam, type AdamOptions, type AdamSettings, AdamW } from './adam.ts';
export { type ClipGradNormOptions, clipGradNorm, clipGradValue } from './clip.ts';
export type { GroupOptions, ParameterGroup, ParametersOrGroups } from './groups.ts';
export type { Method, Settings, Stated, UpdateRule } from './method.ts';
export { Optimizer } from './optimizer.ts';
export { parameterGroups } from './parameterGroups.ts';
export { RMSprop, type RMSpropOptions, type RMSpropSettings } from './rmsprop.ts';
export { SGD, type SGDOptions, type SGDSettings } from './sgd.ts';
export type { OptimizerState } from './state.ts';
