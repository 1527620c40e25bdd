/* Still pictures of a report's charts, for ChartRenderer. */
'use strict';

let report = null;

function load(json) {
  report = JSON.parse(json);
}

function keys(kind) {
  return holdfastCharts[kind];
}

function draw(key, place) {
  const one = report.series[place];
  const view = {
    split: one.split,
    phase: one.phase,
    runs: report.runs.map(function (run, i) {
      return i;
    }),
    grouped: false,
    still: true
  };
  const drawn = holdfastCharts.build(report, key, one, one.selected, view, holdfastCharts.themes.light);
  if (!drawn.option) {
    return null;
  }
  const square = key === 'confusion' || key === 'similarity';
  const chart = echarts.init(null, null, {
    renderer: 'svg',
    ssr: true,
    width: square ? 560 : 640,
    height: square ? 580 : 400 + (drawn.more || 0)
  });
  drawn.option.backgroundColor = '#ffffff';
  chart.setOption(drawn.option);
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
