// What engines found, compared: a table, and the number of results that are right. A result is right if it has the bits that
// most engines of its family have, and an engine passes if all of its results are right.

/** @typedef {import('../../test/engines/smoke.ts').Report} Report */

/**
 * An engine: what it found, or why it found nothing.
 *
 * @typedef {object} Row
 * @property {string} name
 * @property {string} version
 * @property {Report} [report]
 * @property {number} [seconds]
 * @property {string} [failure]
 * @property {string} [missing] how to get it
 */

/** A result that does not depend on how an engine multiplies and adds: it is `right`, or tells what is wrong. */
const everywhere = 'exact';

/**
 * @param {Row[]} rows
 * @param {boolean} strict a missing engine is a failure
 */
export function compare(rows, strict) {
  const wanted = consensus(rows);
  const complaints = rows.flatMap((row) => complaintsOf(row, wanted, strict));
  const failing = new Set(complaints.map(({ row }) => row));
  const failures = complaints.map(({ sentence }) => sentence);
  const found = rows.filter(({ report }) => report);
  const names = [...new Set(found.flatMap(({ report }) => Object.keys(report?.results ?? {})))];
  const lines = rows.map((row) => cellsOf(row, names, wanted));
  const table = align([['engine', 'kernels', 'threads', ...names, 'seconds'], ...lines]);
  const notes = [
    ...new Set(found.flatMap(({ name, report }) => (report?.note ? [`${name}: ${report.note}`] : []))),
  ];
  const skipped = rows.filter((row) => row.missing && !failing.has(row)).length;
  const text = [table, ...notes, ...failures].join('\n');
  return { text, failures, passed: rows.length - failing.size - skipped, failed: failing.size, skipped };
}

/**
 * Whose results are to agree: one thread and two, and all engines that multiply and add alike.
 *
 * @param {string} name
 * @param {Report} report
 */
const familyOf = (name, { simd }) => (name === everywhere ? name : `${simd} ${name.replace(/ ×\d$/, '')}`);

/** @param {Row[]} rows @returns {Map<string, string>} by family the hash that most have */
function consensus(rows) {
  /** @type {Map<string, Map<string, number>>} */
  const votes = new Map();
  for (const { report } of rows)
    for (const [name, hash] of Object.entries(report?.results ?? {})) {
      const family = familyOf(name, /** @type {Report} */ (report));
      const counts = votes.get(family) ?? new Map();
      votes.set(family, counts.set(hash, (counts.get(hash) ?? 0) + 1));
    }
  const most = (/** @type {Map<string, number>} */ counts) => [...counts].sort((a, b) => b[1] - a[1])[0][0];
  return new Map([...votes].map(([family, counts]) => [family, most(counts)])).set(everywhere, 'right');
}

/**
 * @param {Row} row
 * @param {Map<string, string>} wanted
 * @param {boolean} strict
 */
function complaintsOf(row, wanted, strict) {
  const { name, version, report, failure, missing } = row;
  const who = `${name} ${version}`.trim();
  if (missing) return strict ? [{ row, sentence: `${who} was not found: ${missing}` }] : [];
  if (!report) return [{ row, sentence: `${who} failed: ${failure}` }];
  return Object.entries(report.results)
    .filter(([result, hash]) => wanted.get(familyOf(result, report)) !== hash)
    .map(([result, hash]) => ({
      row,
      sentence: `${who}: ${result} is ${hash}, others with ${report.simd} have ${wanted.get(familyOf(result, report))}`,
    }));
}

/**
 * @param {Row} row
 * @param {string[]} names
 * @param {Map<string, string>} wanted
 */
function cellsOf({ name, version, report, seconds, failure, missing }, names, wanted) {
  const who = `${name} ${version}`.trim();
  if (!report) return [who, missing ? `not found: ${missing}` : `failed: ${failure?.split('\n')[0]}`];
  const hashes = names.map((result) => {
    const hash = report.results[result] ?? '-';
    return `${hash.slice(0, 8)}${wanted.get(familyOf(result, report)) === hash ? '' : ' !'}`;
  });
  return [who, report.simd, String(report.threads), ...hashes, (seconds ?? 0).toFixed(1)];
}

/** @param {string[][]} rows */
function align(rows) {
  const full = rows.filter((row) => row.length > 2);
  const widths = full[0].map((_, i) => Math.max(...full.map((row) => row[i].length)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
