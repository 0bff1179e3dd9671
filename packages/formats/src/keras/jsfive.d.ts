// What neocog uses of jsfive, which has no types of its own.

declare module 'jsfive' {
  export class Group {
    readonly keys: string[];
    readonly attrs: Record<string, unknown>;
    get(name: string): Group | Dataset | null;
  }

  export class Dataset {
    readonly shape: number[];
    /** Such as `<f4`; an array for what is no number. */
    readonly dtype: string | unknown[];
    readonly value: ArrayLike<unknown>;
  }

  export class File extends Group {
    constructor(bytes: ArrayBuffer, name?: string);
  }
}
