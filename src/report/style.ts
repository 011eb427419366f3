/** The style of the page: for wide and narrow screens, light and dark, and for paper. Colours of plots are replaced by their role. */
export const style = `
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2126; --faint: #5c6670; --line: #dfe3e8; --card: #f6f7f9;
  --right: #1a7f4b; --wrong: #c0392b; --accent: #2f6fb3; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --ink: #e8eaed; --faint: #9aa4ae; --line: #2c333a;
  --card: #1d2227; --right: #4cc38a; --wrong: #ff8b7e; --accent: #7fb2e8; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1080px; padding: 24px 20px 64px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px; } h2 { font-size: 19px; margin: 40px 0 12px; }
h3 { font-size: 15px; margin: 0 0 6px; }
p { margin: 6px 0; } .faint { color: var(--faint); } code { font-size: 13px; overflow-wrap: anywhere; }
.cards { display: flex; flex-wrap: wrap; gap: 12px; margin: 20px 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 18px; flex: 1 1 150px; }
.card b { display: block; font-size: 30px; line-height: 1.15; white-space: nowrap; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 10px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th { font-weight: 600; color: var(--faint); } th:first-child, td:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 90px; }
table.wide td:first-child { min-width: 240px; } table.narrow td:first-child { white-space: nowrap; }
td.left { text-align: left; white-space: normal; }
tr.own td { font-weight: 700; color: var(--accent); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 20px; }
.plots figure { margin: 0; } .plots + .scroll { margin-top: 16px; } figcaption { color: var(--faint); font-size: 13px; }
svg { max-width: 100%; height: auto; }
svg [fill="#444444"] { fill: var(--ink); } svg [fill="#888888"] { fill: var(--faint); }
svg [stroke="#888888"] { stroke: var(--faint); } svg [stroke="#e8e8e8"] { stroke: var(--line); }
.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(420px, 100%), 1fr)); gap: 16px; }
.example { border: 1px solid var(--line); border-radius: 10px; padding: 10px; break-inside: avoid; min-width: 0; }
.row { display: grid; grid-template-columns: 1.35fr repeat(5, 1fr); gap: 6px; align-items: start; }
.shot { min-width: 0; font-size: 11px; line-height: 1.25; } .shot span { display: block; overflow-wrap: anywhere; }
.shot img, .shot .blank { width: 100%; aspect-ratio: 1; object-fit: cover; border-radius: 6px; border: 3px solid var(--line);
  display: block; background: var(--card); }
.shot.right img, .shot.right .blank { border-color: var(--right); } .shot.right b { color: var(--right); }
.shot.wrong img, .shot.wrong .blank { border-color: var(--wrong); } .shot.wrong b { color: var(--wrong); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 16px; } dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 560px) { body { padding: 16px 12px 48px; } .examples { grid-template-columns: 1fr; } dl { grid-template-columns: 1fr; }
  dd { margin-bottom: 6px; } }
@media print { body { max-width: none; padding: 0; font-size: 11px; } h2 { break-after: avoid; } .scroll { overflow: visible; } }
`;
