// The machine that runs a compiled program's steps on one WebAssembly memory, with threads.

export type { Address, MachineCode, MachineStep } from './code.ts';
export { firstData, pageBytes } from './layout.ts';
export { Machine } from './machine.ts';
export { callerAlone, workforceKey } from './parts.ts';
export { type RemoteCall, RemoteMachine } from './remote.ts';
export { type MadeCode, madeSource } from './source.ts';
export type { Workplace } from './workplace.ts';
