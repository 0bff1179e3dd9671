// What neocog uses of jsfive, which has no types of its own.

declare module 'jsfive' {
  export class Group {
    readonly keys: string[];
    readonly attrs: Record<string, unknown>;
    get(name: string): Group | Dataset | null;
    readonly _dataobjects: {
      /** A text or list of any length, by what refers to it; none where it is not there. */
      _vlen_size_and_data(buffer: ArrayBuffer, offset: number): [size: number, data: ArrayBuffer | undefined];
    };
  }

  export class Dataset {
    readonly shape: number[];
    /** Such as `<f4`; an array for what is no number. */
    readonly dtype: string | unknown[];
    readonly value: ArrayLike<unknown>;
    readonly _dataobjects: {
      /** Cells of a chunk along each axis; null where the values lie in one piece. */
      readonly chunks: number[] | null;
    };
  }

  /** What unpacks chunks, by the numbers that HDF5 gives its filters. */
  export const Filters: Map<number, (packed: ArrayBuffer, itemSize: number) => ArrayBuffer>;

  export class File extends Group {
    constructor(bytes: ArrayBuffer, name?: string);
  }
}
