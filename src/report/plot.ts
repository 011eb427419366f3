import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';

/** A Vega-Lite plot as a self-contained SVG: no script, no fonts from elsewhere. */
export async function renderPlot(plot: TopLevelSpec): Promise<string> {
  const { spec } = compile(plot);
  const view = new View(parse(spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** How all plots look. */
export const theme = {
  background: 'white',
  font: 'system-ui, sans-serif',
  axis: {
    gridColor: '#e8e8e8',
    domainColor: '#888',
    tickColor: '#888',
    labelColor: '#444',
    titleColor: '#222',
  },
  legend: { labelColor: '#222', titleColor: '#222', labelLimit: 320 },
  view: { stroke: null },
} as const;
