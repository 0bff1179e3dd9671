// Types of the page, where the compiler of whoever imports this package knows them: programs for Node need not have them.

/** The type of a global class such as `'ImageData'`; `never` where it is not known. */
export type Web<Name extends string> = typeof globalThis extends {
  readonly [K in Name]: { readonly prototype: infer Known };
}
  ? Known
  : never;
