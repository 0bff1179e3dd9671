// The report's part on the network itself: its layers, and where weights and work are.

import { formatCount } from '../table.ts';
import type { LayerRow, ReportData } from './data.ts';
import { type Html, html } from './html.ts';

export function networkSection({
  layers,
  network,
  noun,
  note = '',
}: Pick<ReportData, 'layers' | 'network' | 'noun'> & { readonly note?: string }): Html {
  const parameters = total(layers, 'parameters');
  const multiplyAdds = total(layers, 'multiplyAdds');
  return html`
<section>
<h2>The network</h2>
<p>${network}, layer by layer. Convolutions do most of the work with few weights, because each filter is used at every
place; a fully connected layer uses each weight once. ${note}</p>
${folded(
  layers.length,
  html`<div class="scroll"><table class="network">
<thead><tr><th>layer</th><th>kind</th><th class="number">output</th><th class="number">weights</th>
<th class="number">multiplications for one ${noun}</th></tr></thead>
<tbody>${layers.map((layer) => layerRow(layer, parameters, multiplyAdds))}</tbody>
<tfoot><tr><th colspan="3">all</th><td class="number">${formatCount(parameters)}</td>
<td class="number">${formatCount(multiplyAdds)}</td></tr></tfoot>
</table></div>`,
)}
</section>`;
}

/** Layers that a page shows at once; more are shown when they are asked for. */
const fewLayers = 30;

const folded = (count: number, table: Html): Html =>
  count <= fewLayers
    ? table
    : html`<details><summary>All ${formatCount(count)} layers</summary>${table}</details>`;

export const total = (layers: readonly LayerRow[], field: 'parameters' | 'multiplyAdds'): number =>
  layers.reduce((sum, layer) => sum + layer[field], 0);

const layerRow = (layer: LayerRow, parameters: number, multiplyAdds: number): Html => html`
<tr><td>${layer.name}</td><td>${layer.type}</td><td class="number">${layer.outputShape.join('×')}</td>
${amount(layer.parameters, parameters)}${amount(layer.multiplyAdds, multiplyAdds)}</tr>`;

/** A number over a bar of its share. */
const amount = (count: number, all: number): Html =>
  html`<td class="number amount" style="--share:${((100 * count) / Math.max(1, all)).toFixed(1)}%">${count === 0 ? '–' : formatCount(count)}</td>`;
