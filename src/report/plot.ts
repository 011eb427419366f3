import { parse, View } from 'vega';
import { type Config, compile, type TopLevelSpec } from 'vega-lite';

/** Draws a Vega-Lite plot as a self-contained SVG: no script, no fonts from elsewhere. */
export async function renderPlot(plot: TopLevelSpec): Promise<string> {
  const { spec } = compile(plot);
  const view = new View(parse(spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

const ink = '#444444';
const faint = '#888888';
const line = '#e8e8e8';

/** The look of all plots. A page may give its own colours to ink, faint and line. */
export const theme: Config = {
  background: 'white',
  font: 'system-ui, sans-serif',
  title: { color: ink },
  axis: { gridColor: line, domainColor: faint, tickColor: faint, labelColor: ink, titleColor: ink },
  legend: { labelColor: ink, titleColor: ink, labelLimit: 320 },
  view: { stroke: null },
};

/** The same look without a background. */
export const transparentTheme: Config = { ...theme, background: 'transparent' };
