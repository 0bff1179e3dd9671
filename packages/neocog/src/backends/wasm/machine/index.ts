// The machine that runs a compiled program's steps on one WebAssembly memory, with threads.

export type { MachineCode, MachineStep } from './code.ts';
export { Machine } from './machine.ts';
