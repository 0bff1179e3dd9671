// The page that tries a written network: index.html, page.css and page.js. Nothing is fetched from elsewhere, and nothing
// stands inline, so that it works under a strict content security policy.

import type { PageFacts } from './page-facts.ts';
import { pageFunctions, start } from './page-script.ts';

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]);

/** Ways to bring pixels from 0 … 255 into a network, as [mean, std]. */
const scalings: readonly (readonly [name: string, value: string])[] = [
  ['mean and deviation of ImageNet', '[[123.675,116.28,103.53],[58.395,57.12,57.375]]'],
  ['0 to 1', '[[0],[255]]'],
  ['−1 to 1', '[[127.5],[127.5]]'],
  ['0 to 255', '[[0],[1]]'],
];

/** Beside the page its files, which need a server; or all in the page. */
export interface PageParts {
  /** Elements of the head: style and script. */
  readonly head: string;
  /** What the page says before its script runs. */
  readonly status: string;
}

const beside: PageParts = {
  head: '<link rel="stylesheet" href="./page.css">\n<script type="module" src="./page.js"></script>',
  status: `This page needs a server, since browsers load no modules from files: run <code>npx vite</code> or
<code>python3 -m http.server</code> in its folder.`,
};

/** @param known What pixels become where that is known */
export function pageHtml(name: string, known: boolean, { head, status } = beside): string {
  const own = known ? ['<option value="own">as it was trained</option>'] : [];
  const options = scalings.map(([title, value]) => `<option value="${value}">${title}</option>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)}</title>
${head}
</head>
<body>
<main>
<h1>${escapeHtml(name)}</h1>
<p id="status" role="status">${status}</p>
<div class="given">
<label data-file hidden>drop <span data-image hidden>a picture</span><span data-sound hidden>a sound</span> here, or choose
<input id="file" type="file" disabled></label>
<button id="camera" data-image hidden disabled>camera</button>
<button id="record" data-sound hidden disabled>listen</button>
<label ${known ? '' : 'data-image '}hidden>pixels as <select id="scaling">
${[...own, ...options].join('\n')}
</select></label>
<button id="random" ${known ? 'hidden ' : ''}disabled>random values</button>
</div>
<div class="columns">
<canvas id="picture" role="img" aria-label="what the network is given" data-file hidden></canvas>
<div id="answer"></div>
</div>
<p id="time"></p>
</main>
</body>
</html>
`;
}

export const pageCss = `:root { color-scheme: light dark; --ink: #1b1e23; --quiet: #646b76; --rule: #dcdee3; --card: #ffffff; --ground: #fafafa; --one: #1f6fd6; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --quiet: #98a0ac; --rule: #383d47; --card: #1c1f25; --ground: #14161a; --one: #6aa9ff; }
}
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -0.02em; margin: 0; overflow-wrap: anywhere; }
#status, #time, figcaption { color: var(--quiet); font-size: 0.9rem; margin: 0.25rem 0 1.25rem; }
.given { display: flex; flex-wrap: wrap; gap: 0.75rem 1.25rem; align-items: center; padding: 1.25rem; margin-bottom: 1.5rem;
  border: 2px dashed var(--rule); border-radius: 12px; }
input, select, button { font: inherit; max-width: 100%; }
button { color: var(--ink); padding: 0.3rem 1rem; border: 1px solid var(--rule); border-radius: 8px; background: var(--card); cursor: pointer; }
canvas { display: block; max-width: 100%; color: var(--one); border-radius: 8px; border: 1px solid var(--rule); image-rendering: pixelated; }
#picture { width: min(100%, 20rem); height: auto; }
.mask { image-rendering: auto; }
[hidden] { display: none !important; }
.columns { display: flex; flex-wrap: wrap; gap: 2rem; align-items: flex-start; }
#answer { flex: 1 1 18rem; min-width: 0; }
figure { margin: 0 0 1rem; }
figure table { margin-top: 1rem; }
td { padding: 0.2rem 1.5rem 0.2rem 0; font-variant-numeric: tabular-nums; }
.bars { width: 100%; max-width: 32rem; border-collapse: collapse; }
.bars td { padding: 0.2rem 0.75rem 0.2rem 0; } .bars td:nth-child(2) { width: 60%; } .bars td:last-child { text-align: right; white-space: nowrap; }
.bars tr:first-child { font-weight: 650; }
progress { width: 100%; height: 0.8rem; accent-color: var(--one); }
.swatch { display: inline-block; width: 0.8em; height: 0.8em; border-radius: 3px; margin-right: 0.5em; border: 1px solid var(--rule); }
`;

/** What starts the page, behind something called `network`. */
export const pageStart = (facts: PageFacts): string => `${pageFunctions.map(String).join('\n\n')}

const start = ${String(start)};

void start(network, ${JSON.stringify(facts)});
`;

export const pageScript = (facts: PageFacts): string => `// The page that tries the network.

import * as network from './index.js';

${pageStart(facts)}`;
