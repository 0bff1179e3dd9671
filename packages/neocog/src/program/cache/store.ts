// What keeps compiled programs.

/** Bytes, or pieces of them in order; none of these is read after the next one was asked for. */
export type StoredBytes = Uint8Array | AsyncIterable<Uint8Array>;

/** Keeps bytes by name, such as a `Map`, or a database. Names are 64 hexadecimal digits. */
export interface ProgramStore {
  /** What was set under this name, whole or piece by piece, or nothing. */
  get(key: string): StoredBytes | undefined | Promise<StoredBytes | undefined>;
  /** Keeps bytes, which are not changed afterwards, under this name. */
  set(key: string, bytes: Uint8Array): unknown;
}

/** Programs that a folder or a cache of the browser keeps. */
export const mostKept = 16;
