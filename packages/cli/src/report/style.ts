// The report's style sheet. Colours are named once, for light and for dark.

export const styleSheet = `
:root {
  color-scheme: light dark;
  --ground: #fcfcfb; --card: #ffffff; --ink: #1b1e23; --quiet: #646b76; --rule: #e4e5e8;
  --one: #1f6fd6; --two: #d9600f; --right: 31 111 214; --wrong: 214 64 32; --wrong-ink: #b93213;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14161a; --card: #1c1f25; --ink: #e6e8eb; --quiet: #98a0ac; --rule: #30343c;
    --one: #6aa9ff; --two: #ff9d52; --right: 74 144 245; --wrong: 240 98 62; --wrong-ink: #ff8a66;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
main { max-width: 1080px; margin: 0 auto; padding: 48px 24px 72px; }
h1 { font-size: 40px; line-height: 1.15; letter-spacing: -0.02em; margin: 4px 0 16px; overflow-wrap: anywhere; }
summary { cursor: pointer; color: var(--one); font-weight: 600; margin-bottom: 12px; }
h2 { font-size: 24px; letter-spacing: -0.01em; margin: 0 0 8px; }
h3 { font-size: 15px; margin: 16px 0 4px; }
p { max-width: 46em; margin: 0 0 16px; }
section { margin-top: 56px; }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 14px; }
pre { background: var(--card); border: 1px solid var(--rule); border-radius: 8px; padding: 12px 16px; overflow-x: auto; }
figure { margin: 0; }
.kicker { color: var(--one); font-weight: 600; font-size: 14px; margin: 0; }
.lead { font-size: 20px; line-height: 1.45; }
.quiet, .note { color: var(--quiet); }
.note { font-size: 14px; }
.scroll { overflow-x: auto; }
.number { text-align: right; font-variant-numeric: tabular-nums; }

.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 28px 0 0; }
.figures div { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 14px 18px; }
.figures dt { color: var(--quiet); font-size: 14px; }
.figures dd { margin: 0; font-size: 22px; font-weight: 650; letter-spacing: -0.01em; white-space: nowrap; font-variant-numeric: tabular-nums; }

.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 8px 32px; }
.chart svg { display: block; width: 100%; height: auto; }
.chart figcaption { font-size: 14px; color: var(--quiet); }
.key { margin-right: 16px; white-space: nowrap; }
.key::before { content: ""; display: inline-block; width: 18px; height: 0; border-top: 3px solid; border-radius: 2px;
  vertical-align: middle; margin-right: 6px; }
.key.one::before, .key.two::before, .key.faint::before { border-color: var(--key); }
.one { --key: var(--one); } .two { --key: var(--two); } .faint { --key: color-mix(in srgb, var(--one) 35%, var(--ground)); }
.line { fill: none; stroke: var(--key); stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; }
.line.faint { stroke-width: 1; }
.mark { fill: var(--ground); stroke: var(--key); stroke-width: 2.2; }
.value { font-size: 12px; font-weight: 600; fill: var(--key); }
.grid { stroke: var(--rule); }
.tick, .axis { font-size: 12px; fill: var(--quiet); font-variant-numeric: tabular-nums; }

.pixels { display: block; image-rendering: pixelated; border-radius: 4px; }
.insides { display: flex; flex-wrap: wrap; gap: 20px; align-items: end; }
.insides figure { display: grid; gap: 8px; }
.insides figcaption { font-size: 14px; text-align: center; color: var(--quiet); line-height: 1.3; min-height: 2.6em; }
.swatch { display: inline-block; width: 0.8em; height: 0.8em; border-radius: 2px; }
.swatch.plus { background: #b2182b; } .swatch.minus { background: #2166ac; }
.maps { display: grid; grid-template-columns: repeat(auto-fill, 100px); gap: 14px; max-width: 900px; margin-bottom: 12px; }

.bars { border-collapse: collapse; width: 100%; max-width: 560px; }
.bars th { text-align: right; font-weight: 500; padding: 2px 10px 2px 0; white-space: nowrap; }
.bars td { padding: 2px 0; } .bars td:nth-child(2) { width: 100%; }
.bars .number { padding-left: 12px; white-space: nowrap; color: var(--quiet); }
.bar { height: 14px; min-width: 1px; background: var(--one); border-radius: 3px; }

.confusion { border-collapse: separate; border-spacing: 2px; font-variant-numeric: tabular-nums; }
.confusion th { font-weight: 600; font-size: 14px; padding: 2px 6px; vertical-align: bottom; }
.confusion tbody th { text-align: right; vertical-align: middle; white-space: nowrap; }
.confusion thead span { white-space: nowrap; }
.confusion.long thead span { writing-mode: vertical-rl; transform: rotate(180deg); }
.confusion tbody td { width: 58px; height: 36px; text-align: center; font-size: 14px; border-radius: 4px; }
.confusion td.right { background: rgb(var(--right) / var(--strength)); font-weight: 600; }
.confusion td.error { background: color-mix(in srgb, var(--rule) 30%, transparent); }
.confusion td.error:not(:empty) { background: rgb(var(--wrong) / var(--strength)); }
.confusion td.recall { width: 72px; color: var(--quiet); }

.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(152px, 1fr)); gap: 14px; }
.cards figure { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 14px 10px 10px;
  text-align: center; font-size: 14px; line-height: 1.4; }
.cards .pixels { margin: 0 auto 8px; }
.thumbnail { display: block; border-radius: 6px; object-fit: cover; }
.cards .thumbnail { margin: 0 auto 8px; max-width: 100%; height: auto; }
.cards figcaption { overflow-wrap: anywhere; }
.triples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 330px), 1fr)); gap: 14px; }
.triples figure { background: var(--card); border: 1px solid var(--rule); border-radius: 12px; padding: 12px;
  display: grid; grid-template-columns: repeat(3, 1fr); gap: 8px; font-size: 14px; }
.triples .thumbnail { width: 100%; height: auto; }
.triples figcaption { grid-column: 1 / -1; overflow-wrap: anywhere; }
.spectrum { display: block; width: 100%; height: 72px; border-radius: 6px; margin: 0 auto 8px; }
audio { width: 100%; height: 32px; margin: 0 0 6px; }
.thumbnails { display: grid; grid-template-columns: repeat(auto-fill, minmax(120px, 1fr)); gap: 10px; }
.thumbnails .thumbnail { width: 100%; height: auto; }
.wrong { color: var(--wrong-ink); }

.network { border-collapse: collapse; width: 100%; }
.network th { text-align: left; font-size: 14px; color: var(--quiet); font-weight: 500; }
.network th.number { text-align: right; }
.network td, .network th { padding: 7px 12px; border-bottom: 1px solid var(--rule); white-space: nowrap; }
.network tfoot td, .network tfoot th { font-weight: 650; color: var(--ink); border-bottom: 0; }
.amount { background: linear-gradient(to left, rgb(var(--right) / 0.16) var(--share), transparent var(--share)); }

@media (max-width: 600px) { h1 { font-size: 30px; } .lead { font-size: 18px; } main { padding: 24px 16px 48px; } }
@media print { section { break-inside: avoid; margin-top: 32px; } main { padding: 0; } }
`;
