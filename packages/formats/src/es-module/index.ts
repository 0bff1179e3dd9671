// Networks as ES modules without dependencies. Re-exports only.

export type { EsModuleOptions } from './options.ts';
export type { WeightStorage } from './stored.ts';
export { esModule, type OutputFile, singlePage } from './write.ts';
