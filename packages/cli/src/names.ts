// Names as people type them: found whatever their case, dashes and spaces; and those that a wrong one may have meant.

/** ResNet-18 → resnet18 */
const bare = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/** The known name that a text spells, or undefined. */
export const findName = <T extends string>(known: readonly T[], text: string): T | undefined =>
  known.find((name) => name === text) ?? known.find((name) => bare(name) === bare(text));

/** `; did you mean a, b or c?` where some name is near, else nothing. */
export function askForNear(known: readonly string[], text: string): string {
  const near = nearNames(known, text);
  return near.length === 0 ? '' : `; did you mean ${near.join(', ').replace(/, ([^,]*)$/, ' or $1')}?`;
}

/** As far as this a name may be meant: letters to change, by the longer of both names. */
const mostFar = 0.4;

/** The known names that are nearest to a text, if any is near. */
export function nearNames(known: readonly string[], text: string): string[] {
  const name = bare(text);
  const distance = (other: string): number => {
    const holds = name.length > 2 && (other.includes(name) || name.includes(other));
    return holds ? 0 : editDistance(name, other) / Math.max(1, name.length, other.length);
  };
  const ranked = known.map((each) => ({ name: each, far: distance(bare(each)) }));
  const least = Math.min(...ranked.map(({ far }) => far));
  return least > mostFar ? [] : ranked.filter(({ far }) => far === least).map((near) => near.name);
}

/** Letters to insert, drop or change (Levenshtein 1966), row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
