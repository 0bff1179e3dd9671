// The machine that runs a compiled program's steps on one WebAssembly memory, with threads.

export type { Address, MachineCode, MachineStep } from './code.ts';
export { firstData } from './layout.ts';
export { Machine } from './machine.ts';
export { callerAlone } from './parts.ts';
export { type RemoteCall, RemoteMachine } from './remote.ts';
export type { Workplace } from './workplace.ts';
