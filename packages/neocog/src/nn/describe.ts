// Options of layers as text, for listings: `3, stride 2, padding same`.

const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Each option that is given, but for those that `skips` names with the value that goes without saying. */
export const describeOptions = (options: object, skips: Readonly<Record<string, unknown>> = {}): string[] =>
  Object.entries(options)
    .filter(([key, value]) => value !== undefined && value !== skips[key])
    .map(([key, value]) => `${key} ${written(value)}`);

/** A window and its options. */
export const describeWindow = (kernel: unknown, options: object): string =>
  [JSON.stringify(kernel), ...Object.entries(options).map(([key, v]) => `${key} ${JSON.stringify(v)}`)].join(
    ', ',
  );
