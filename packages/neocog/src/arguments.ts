// How the packages of this house check what they are given and word what they refuse, as `neocog/arguments`. It is for them:
// names here may change with any version, and nothing else should import them. Errors themselves are of `neocog`.

export * from './arguments/field.ts';
export { type Fields, needOptions } from './arguments/options.ts';
export { counted, shortText, show } from './arguments/show.ts';
export { assert } from './errors.ts';
export {
  aShape,
  aTensor,
  floatTensor,
  generator,
  intTensor,
  oneAxis,
  someTensors,
  tensors,
} from './tensor/fields.ts';
export { allocate, checkShape, formatShape } from './tensor/shape.ts';
