// As much of YAML (1.2) as data sets in YOLO's form use: keys with a text, a list or numbered texts, in a block or in
// brackets. No anchors, tags, nested maps nor texts of several lines: a line of these is refused.

import { FormatError } from 'neocog';

/** A text, a list of them, or texts by key. */
export type Yaml = string | readonly string[] | Readonly<Record<string, string>>;

/** @throws FormatError for a line that is none of what this reads, by its number. */
export function parseYaml(content: string, name: string): Readonly<Record<string, Yaml>> {
  const found: Record<string, Yaml> = {};
  let open: Block | null = null;
  for (const [i, line] of content
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .entries()) {
    const bare = withoutComment(line).trimEnd();
    if (bare.trim() === '' || bare === '---') continue;
    if (/^\s|^- /.test(bare) && open) {
      open.add(bare.trim(), `${name}: line ${i + 1}`);
      found[open.key] = open.value();
      continue;
    }
    const [, key, rest] =
      /^([^\s:#'"[\]{}-][^:]*?)\s*:(?:\s+(.*))?$/.exec(bare) ?? refuse(`${name}: line ${i + 1}`);
    open = rest ? null : new Block(key);
    found[key] = rest ? inline(rest, `${name}: line ${i + 1}`) : '';
  }
  return found;
}

function refuse(where: string): never {
  throw new FormatError(`${where} cannot be understood; give keys with a text, a list or numbered names`);
}

/** Without what follows a # that begins a word. A quote counts where a text may begin; within quotes nothing else does. */
function withoutComment(line: string): string {
  const parts = /(?<=^|[\s[{,])(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|#.*)/g;
  return line.replace(parts, (part) => (part.startsWith('#') ? '' : part));
}

/** What stands below a key: items of a list, or texts by key. */
class Block {
  readonly key: string;
  readonly #list: string[] = [];
  readonly #map: [string, string][] = [];

  constructor(key: string) {
    this.key = key;
  }

  add(line: string, where: string): void {
    if (/^-\s+/.test(line)) this.#list.push(scalar(line.replace(/^-\s+/, ''), where));
    else this.#map.push(pairOf(line, where));
    if (this.#list.length > 0 && this.#map.length > 0) refuse(where);
  }

  value(): Yaml {
    return this.#list.length > 0 ? [...this.#list] : Object.fromEntries(this.#map);
  }
}

function pairOf(text: string, where: string): [string, string] {
  const [, key, value] = /^("[^"]*"|'[^']*'|[^:]+?)\s*:\s+(.*)$/.exec(text.trim()) ?? refuse(where);
  return [scalar(key, where), scalar(value, where)];
}

function inline(text: string, where: string): Yaml {
  const list = /^\[(.*)\]$/.exec(text);
  if (list) return itemsOf(list[1]).map((item) => scalar(item, where));
  const map = /^\{(.*)\}$/.exec(text);
  return map ? Object.fromEntries(itemsOf(map[1]).map((item) => pairOf(item, where))) : scalar(text, where);
}

/** Between commas outside quotes. */
const itemsOf = (text: string): string[] =>
  (text.match(/(?:[^,'"]|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')+/g) ?? []).filter((item) => item.trim() !== '');

function scalar(text: string, where: string): string {
  const bare = text.trim();
  const double = /^"((?:[^"\\]|\\.)*)"$/.exec(bare);
  if (double) return double[1].replace(/\\(.)/g, '$1');
  const single = /^'((?:[^']|'')*)'$/.exec(bare);
  if (single) return single[1].replaceAll("''", "'");
  return /^['"&*!|>{[]/.test(bare) ? refuse(where) : bare;
}
