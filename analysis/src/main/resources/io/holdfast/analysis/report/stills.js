/* Still pictures of a report's charts, for ChartRenderer. */
'use strict';

let report = null;

function load(json) {
  report = JSON.parse(json);
}

/** Names of the charts; each kind of similarity is one of its own. */
function keys(list) {
  const kinds = [];
  report.series.forEach(function (one) {
    holdfastCharts.similarities(one).forEach(function (kind) {
      if (!kinds.includes(kind)) {
        kinds.push(kind);
      }
    });
  });
  return holdfastCharts[list].reduce(function (all, key) {
    return all.concat(key === 'similarity' ? kinds.map(function (kind) {
      return 'similarity:' + kind;
    }) : [key]);
  }, []);
}

function draw(name, place) {
  const one = report.series[place];
  const key = name.split(':')[0];
  const kind = name.split(':')[1];
  if (kind && !holdfastCharts.similarities(one).includes(kind)) {
    return null;
  }
  const view = {
    split: one.split,
    phase: one.phase,
    runs: report.runs.map(function (run, i) {
      return i;
    }),
    grouped: false,
    similarity: kind,
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
