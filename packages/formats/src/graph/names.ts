// Names of values in files as names of modules: keys of a state dict are paths with dots.

/** `/layer1/conv/Conv` → `layer1.conv.Conv`; characters other than letters, digits, `_`, `-` and `.` become `_`. */
export const moduleName = (name: string): string =>
  name
    .replace(/[/\\]+/g, '.')
    .replace(/[^\w.-]+/g, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^[._]+|[._]+$/g, '');

/** Hands out each name once: the second `conv` becomes `conv_2`. */
export class UniqueNames {
  readonly #taken = new Set<string>();
  /** Of a name, the number with which the search for the next one begins: those below are taken. */
  readonly #next = new Map<string, number>();

  take(wanted: string): string {
    let name = wanted;
    let i = this.#next.get(wanted) ?? 2;
    for (; this.#taken.has(name); i++) name = `${wanted}_${i}`;
    this.#next.set(wanted, i);
    this.#taken.add(name);
    return name;
  }
}
