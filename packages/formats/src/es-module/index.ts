// Networks as ES modules without dependencies. Re-exports only.

export type { WeightStorage } from './stored.ts';
export { type EsModuleOptions, esModule, type OutputFile } from './write.ts';
