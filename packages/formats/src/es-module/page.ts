// The page that tries a written network: index.html, page.css and page.js. Nothing is fetched from elsewhere, and nothing
// stands inline, so that it works under a strict content security policy.

import { type PageFacts, pageFunctions, start } from './page-script.ts';

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

export function pageHtml(name: string, known: PageFacts | null): string {
  const own = known ? ['<option value="own">as it was trained</option>'] : [];
  const options = scalings.map(([title, value]) => `<option value="${value}">${title}</option>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)}</title>
<link rel="stylesheet" href="./page.css">
<script type="module" src="./page.js"></script>
</head>
<body>
<main>
<h1>${escapeHtml(name)}</h1>
<p id="status">This page needs a server, since browsers load no modules from files: run <code>npx vite</code> or
<code>python3 -m http.server</code> in its folder.</p>
<p>
<label data-image hidden>an image, or drop one here: <input id="file" type="file" accept="image/*" disabled></label>
<label data-image hidden>pixels as <select id="scaling">
${[...own, ...options].join('\n')}
</select></label>
<button id="random" disabled>random values</button>
</p>
<div class="columns">
<canvas id="picture" data-image hidden></canvas>
<div id="answer"></div>
</div>
<p id="time"></p>
</main>
</body>
</html>
`;
}

export const pageCss = `:root { color-scheme: light dark; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem; }
label { display: block; margin: 0.5rem 0; }
canvas { max-width: 100%; min-width: 12rem; border: 1px solid color-mix(in srgb, currentColor 25%, transparent); image-rendering: pixelated; }
[hidden] { display: none !important; }
.columns { display: flex; flex-wrap: wrap; gap: 2rem; align-items: flex-start; }
figure { margin: 0 0 1rem; }
figcaption { opacity: 0.7; }
td { padding: 0.2rem 1.5rem 0.2rem 0; font-variant-numeric: tabular-nums; }
`;

export const pageScript = (facts: PageFacts): string => `// The page that tries the network.

import * as network from './index.js';

${pageFunctions.map(String).join('\n\n')}

const start = ${String(start)};

void start(network, ${JSON.stringify(facts)});
`;
