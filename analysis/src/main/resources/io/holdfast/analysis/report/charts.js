/*
 * The charts of a report: from its data to options of Apache ECharts. Needs neither a page nor a network, so that the
 * same charts are drawn in a browser and, for papers, without one.
 */
var holdfastCharts = (function () {
  'use strict';

  const RUN_COLOURS = {
    light: ['#0072b2', '#d55e00', '#007d5c', '#b8478c', '#b87900', '#5d3a9b', '#3a8fc9', '#555555'],
    dark: ['#5aaee6', '#f58a4b', '#35c79b', '#e79ccb', '#f2bb4f', '#b39ae8', '#a5d3f4', '#c2c2c2']
  };
  const DASHES = ['solid', 'dashed', 'dotted'];
  const SYMBOLS = ['circle', 'triangle', 'rect', 'diamond'];
  const CORRECTNESS = {
    light: ['#b23a00', '#e08a3c', '#9a9a9a', '#4a90c4', '#003f7f'],
    dark: ['#ff8f5a', '#e0a878', '#a8a8a8', '#7db8e6', '#c3e3ff']
  };
  const HEAT = {
    light: ['#f5f7fa', '#c6dbef', '#6baed6', '#2171b5', '#08306b'],
    dark: ['#1c232b', '#1d4467', '#2f75ac', '#74b3e0', '#dcefff']
  };
  const THEMES = {
    light: { name: 'light', text: '#1b1f24', subtle: '#57606a', line: '#d0d7de', surface: '#ffffff', blank: '#e4e8ec' },
    dark: { name: 'dark', text: '#e6edf3', subtle: '#9aa7b4', line: '#39424d', surface: '#161b22', blank: '#2b323b' }
  };
  const FONT = 'system-ui, -apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif';
  const METRICS = {
    accuracy: { title: 'Accuracy', axis: 'accuracy, %', percent: true },
    loss: { title: 'Loss', axis: 'mean loss, nats', percent: false },
    fe: { title: 'Flipping error', axis: 'FE, %', percent: true },
    rfe: { title: 'Relative flipping error', axis: 'RFE, %', percent: true },
    ece: { title: 'Calibration error', axis: 'ECE, %', percent: true }
  };
  const HISTOGRAMS = {
    margins: {
      title: 'Margins',
      axis: 'logit of the label − largest other logit',
      missing: 'No margins: the log has neither margins nor logits of all labelled samples.'
    },
    energies: {
      title: 'Conditional energies',
      axis: 'energy, −logit',
      missing: 'No energies: they need prediction_vectors.'
    }
  };
  const MATRICES = {
    confusion: { title: 'Confusion', missing: 'No labelled samples.' },
    similarity: {
      title: 'Class similarity',
      missing: 'No class similarity: it needs prediction_vectors with samples of every class.'
    }
  };

  const SIMILARITIES = {
    lda_logits: 'discriminants of the logits',
    soft_outputs: 'outputs of right samples',
    residuals: 'residual errors'
  };

  function fixed(value, digits) {
    return value === null || value === undefined ? '–' : value.toFixed(digits).replace(/^-/, '−');
  }

  function percent(share) {
    return share === null || share === undefined ? '–' : (100 * share).toFixed(2);
  }

  function className(data, label) {
    if (label === null || label === undefined) {
      return '–';
    }
    const name = data.class_names[label];
    return name === undefined || name === '' ? String(label) : name;
  }

  function shortened(text, length) {
    return text.length <= length ? text : text.slice(0, length - 1) + '…';
  }

  function base(theme, view) {
    return {
      animation: false,
      backgroundColor: 'transparent',
      textStyle: { fontFamily: FONT, color: theme.text },
      aria: { enabled: view.still !== true }
    };
  }

  function merge(target, source) {
    Object.keys(source).forEach(function (key) {
      target[key] = source[key];
    });
    return target;
  }

  function axis(theme, name, more) {
    return merge({
      type: 'value',
      name: name,
      nameLocation: 'middle',
      nameTextStyle: { color: theme.subtle, fontSize: 12 },
      axisLabel: { color: theme.subtle, fontSize: 11, hideOverlap: true },
      axisLine: { show: true, onZero: false, lineStyle: { color: theme.line } },
      axisTick: { show: true, lineStyle: { color: theme.line } },
      splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } }
    }, more);
  }

  function tooltip(theme, trigger, formatter) {
    return {
      trigger: trigger,
      confine: true,
      backgroundColor: theme.surface,
      borderColor: theme.line,
      textStyle: { color: theme.text, fontSize: 12, fontFamily: FONT },
      axisPointer: { lineStyle: { color: theme.subtle }, label: { show: false } },
      formatter: formatter
    };
  }

  function empty(title, why) {
    return { title: title, missing: why, columns: [], rows: [] };
  }

  /** Colour and dash of a run: runs that differ in their seed only share the colour. */
  function strokes(data, theme) {
    const colours = RUN_COLOURS[theme.name];
    const members = {};
    return data.runs.map(function (run) {
      const member = members[run.group] || 0;
      members[run.group] = member + 1;
      const cycle = Math.floor(run.group / colours.length);
      return { color: colours[run.group % colours.length], type: DASHES[(cycle + member) % DASHES.length] };
    });
  }

  /** Colour and dash of a group of runs. */
  function groupStroke(data, group, theme) {
    const colours = RUN_COLOURS[theme.name];
    return { color: colours[group % colours.length], type: DASHES[Math.floor(group / colours.length) % DASHES.length] };
  }

  function seriesOf(data, view) {
    return data.series.filter(function (one) {
      return one.split === view.split && one.phase === view.phase && view.runs.indexOf(one.run) >= 0;
    });
  }

  function scaled(value, metric) {
    return value === null || value === undefined ? null : metric.percent ? 100 * value : value;
  }

  function line(name, points, stroke, theme) {
    return {
      type: 'line',
      name: name,
      data: points,
      symbol: 'circle',
      symbolSize: 6,
      showSymbol: points.length < 2,
      lineStyle: { color: stroke.color, type: stroke.type, width: 1.8 },
      itemStyle: { color: stroke.color },
      emphasis: { focus: 'series', lineStyle: { width: 3 } },
      blur: { lineStyle: { opacity: 0.2 } }
    };
  }

  function curvePoints(one, name, metric) {
    return one.curves.epoch.map(function (epoch, i) {
      return [epoch, scaled(one.curves[name][i], metric)];
    });
  }

  function runLines(data, view, name, metric, theme) {
    const stroke = strokes(data, theme);
    return seriesOf(data, view).map(function (one) {
      const points = curvePoints(one, name, metric);
      const drawn = line(data.runs[one.run].run_id, points, stroke[one.run], theme);
      const selected = points.filter(function (point) {
        return point[0] === one.selected && point[1] !== null;
      });
      drawn.markPoint = {
        symbol: 'circle',
        symbolSize: 9,
        silent: true,
        label: { show: false },
        itemStyle: { color: theme.surface, borderColor: stroke[one.run].color, borderWidth: 2 },
        data: selected.map(function (point) {
          return { coord: point };
        })
      };
      return drawn;
    });
  }

  function mean(values) {
    return values.reduce(function (sum, value) {
      return sum + value;
    }, 0) / values.length;
  }

  /** One line for each group of runs, with a band from the lowest to the highest of them. */
  function groupLines(data, view, name, metric, theme) {
    const groups = {};
    seriesOf(data, view).forEach(function (one) {
      const group = data.runs[one.run].group;
      const found = groups[group] = groups[group] || { runs: 0, epochs: {} };
      found.runs++;
      curvePoints(one, name, metric).forEach(function (point) {
        if (point[1] !== null) {
          (found.epochs[point[0]] = found.epochs[point[0]] || []).push(point[1]);
        }
      });
    });
    const lines = [];
    Object.keys(groups).forEach(function (key) {
      const group = groups[key];
      const own = groupStroke(data, Number(key), theme);
      const label = data.groups[key];
      const epochs = Object.keys(group.epochs).map(Number).sort(function (a, b) {
        return a - b;
      });
      const drawn = line(label, epochs.map(function (epoch) {
        return [epoch, mean(group.epochs[epoch])];
      }), own, theme);
      lines.push(drawn);
      if (group.runs > 1) {
        const low = epochs.map(function (epoch) {
          return [epoch, Math.min.apply(null, group.epochs[epoch])];
        });
        const span = epochs.map(function (epoch) {
          return [epoch, Math.max.apply(null, group.epochs[epoch]) - Math.min.apply(null, group.epochs[epoch])];
        });
        const bound = {
          type: 'line',
          stack: 'band ' + key,
          stackStrategy: 'all',
          symbol: 'none',
          silent: true,
          lineStyle: { opacity: 0 },
          tooltip: { show: false }
        };
        lines.push(merge(merge({}, bound), { name: label, data: low }));
        lines.push(merge(merge({}, bound), {
          name: label,
          data: span,
          areaStyle: { color: own.color, opacity: 0.18 }
        }));
      }
    });
    return lines;
  }

  /** A metric over the epochs, one line a run or one a group of runs that differ in their seed. */
  function curve(data, view, name, theme) {
    const metric = METRICS[name];
    const shown = view.grouped ? groupLines(data, view, name, metric, theme)
      : runLines(data, view, name, metric, theme);
    const known = shown.some(function (drawn) {
      return drawn.data.some(function (point) {
        return point[1] !== null;
      });
    });
    if (!known) {
      return empty(metric.title, shown.length === 0 ? 'No run is chosen.'
        : 'Not known: nothing that it needs was logged.');
    }
    const named = shown.filter(function (drawn) {
      return !drawn.stack;
    });
    const rows = [];
    named.forEach(function (drawn) {
      drawn.data.forEach(function (point) {
        rows.push([drawn.name, point[0], point[1]]);
      });
    });
    // A page has a legend of its own; a still picture shows all of it, in rows of about four runs.
    const heightOfLegend = view.still === true ? 20 * Math.ceil(named.length / 4) : 0;
    return {
      title: metric.title,
      more: heightOfLegend,
      columns: ['run', 'epoch', metric.axis],
      rows: rows,
      option: merge(base(theme, view), {
        grid: { left: 58, right: 18, top: 14, bottom: 42 + heightOfLegend },
        xAxis: axis(theme, 'epoch', { min: 'dataMin', max: 'dataMax', minInterval: 1, nameGap: 26, splitLine: { show: false } }),
        yAxis: axis(theme, metric.axis, { scale: true, nameGap: 42 }),
        legend: {
          show: heightOfLegend > 0,
          bottom: 0,
          itemWidth: 26,
          itemHeight: 10,
          data: named.map(function (drawn) {
            return drawn.name;
          }),
          textStyle: { color: theme.text, fontSize: 12 }
        },
        tooltip: tooltip(theme, 'axis', function (points) {
          const values = points.filter(function (point) {
            return !shown[point.seriesIndex].stack && point.value[1] !== null;
          }).sort(function (a, b) {
            return b.value[1] - a.value[1];
          });
          const most = 14;
          const lines = values.slice(0, most).map(function (point) {
            return [point.seriesName, fixed(point.value[1], metric.percent ? 2 : 4)];
          });
          if (values.length > most) {
            lines.push(['and ' + (values.length - most) + ' more', '']);
          }
          return view.tip('Epoch ' + (values.length > 0 ? values[0].value[0] : ''), lines);
        }),
        series: shown
      })
    };
  }

  /** Confidence over variability of every drawn sample, coloured by correctness. */
  function dataMap(data, one, view, theme) {
    const title = 'Data map';
    const map = one && one.data_map;
    if (!map || map.sample_id.length === 0) {
      return empty(title, 'No data map: the log has no probability of the label (p_true).');
    }
    const rows = map.sample_id.map(function (id, i) {
      return [id, className(data, map.label[i]), map.variability[i], map.confidence[i], map.correctness[i],
        map.forgetting_events[i]];
    });
    return {
      title: title,
      note: map.sample_id.length < map.samples
        ? map.sample_id.length + ' of ' + map.samples + ' samples, chosen by a hash of their ids' : '',
      columns: ['sample', 'class', 'variability', 'confidence', 'correctness', 'forgetting events'],
      rows: rows,
      option: merge(base(theme, view), {
        grid: { left: 58, right: 18, top: 14, bottom: 88 },
        xAxis: axis(theme, 'variability (deviation of p over epochs)', { nameGap: 28, min: 0 }),
        yAxis: axis(theme, 'confidence (mean p of the label)', { nameGap: 40, min: 0, max: 1 }),
        visualMap: {
          type: 'continuous',
          dimension: 2,
          min: 0,
          max: 1,
          precision: 2,
          calculable: false,
          orient: 'horizontal',
          left: 'center',
          bottom: 0,
          itemWidth: 12,
          itemHeight: 150,
          text: ['always right', 'never right'],
          textStyle: { color: theme.text, fontSize: 12 },
          inRange: { color: CORRECTNESS[theme.name] }
        },
        tooltip: tooltip(theme, 'item', function (point) {
          const row = rows[point.dataIndex];
          return view.tip('Sample ' + row[0], [['class', row[1]], ['confidence', fixed(row[3], 3)],
            ['variability', fixed(row[2], 3)], ['correctness', fixed(row[4], 3)], ['forgetting events', row[5]]], row[0]);
        }),
        series: [{
          type: 'scatter',
          name: title,
          symbolSize: rows.length > 800 ? 5 : 7,
          itemStyle: { opacity: 0.75 },
          data: rows.map(function (row) {
            return [row[2], row[3], row[4]];
          })
        }]
      })
    };
  }

  /** Two directions in the space of the logits, coloured by the class. */
  function projection(data, one, view, theme) {
    const title = 'Projection of the logits';
    const found = one && one.projection;
    if (!found) {
      return empty(title, 'No projection: it needs prediction_vectors with samples of every class.');
    }
    const colours = RUN_COLOURS[theme.name];
    const classes = {};
    found.sample_id.forEach(function (id, i) {
      const label = found.label[i];
      (classes[label] = classes[label] || []).push(i);
    });
    const labels = Object.keys(classes).map(Number).sort(function (a, b) {
      return a - b;
    });
    const rows = found.sample_id.map(function (id, i) {
      return [id, className(data, found.label[i]), className(data, found.predicted[i]), found.x[i], found.y[i]];
    });
    const few = labels.length <= 24;
    return {
      title: title,
      note: found.method + ', epoch ' + found.epoch
        + (found.sample_id.length < found.samples
          ? '; ' + found.sample_id.length + ' of ' + found.samples + ' samples, chosen by a hash of their ids' : ''),
      columns: ['sample', 'class', 'predicted', 'first direction', 'second direction'],
      rows: rows,
      option: merge(base(theme, view), {
        grid: { left: 52, right: 18, top: 14, bottom: few ? 68 : 42 },
        xAxis: axis(theme, 'first direction', { nameGap: 26, scale: true }),
        yAxis: axis(theme, 'second direction', { nameGap: 34, scale: true }),
        legend: {
          show: few,
          type: 'scroll',
          bottom: 0,
          textStyle: { color: theme.text, fontSize: 12 },
          pageTextStyle: { color: theme.text },
          pageIconColor: theme.text,
          pageIconInactiveColor: theme.line
        },
        tooltip: tooltip(theme, 'item', function (point) {
          const row = rows[point.value[2]];
          return view.tip('Sample ' + row[0], [['class', row[1]], ['predicted', row[2]]], row[0]);
        }),
        series: labels.map(function (label, place) {
          return {
            type: 'scatter',
            name: className(data, label),
            symbol: SYMBOLS[Math.floor(place / colours.length) % SYMBOLS.length],
            symbolSize: 6,
            itemStyle: { color: colours[place % colours.length], opacity: 0.75 },
            emphasis: { focus: 'series' },
            data: classes[label].map(function (i) {
              return [found.x[i], found.y[i], i];
            })
          };
        })
      })
    };
  }

  /** What a kind of similarity is called. */
  function similarityName(kind) {
    return SIMILARITIES[kind] || kind + ', as given';
  }

  /** The kinds of similarity of a series. */
  function similarities(one) {
    return one && one.similarity ? Object.keys(one.similarity) : [];
  }

  /** The lowest and the highest value off the diagonals. */
  function extremes(matrices) {
    let low = Infinity;
    let high = -Infinity;
    matrices.forEach(function (matrix) {
      matrix.forEach(function (row, i) {
        row.forEach(function (value, j) {
          if (i !== j) {
            low = Math.min(low, value);
            high = Math.max(high, value);
          }
        });
      });
    });
    return [low, high];
  }

  function shares(matrix, totals) {
    return matrix.map(function (row, i) {
      return row.map(function (count) {
        return totals[i] > 0 ? count / totals[i] : 0;
      });
    });
  }

  /**
   * Confusion or class similarity in one epoch: rows are the true class. Confusion is coloured by the root of the share
   * of the row's samples, so that rare errors show; the diagonal stays out of the colours, which are the same for all
   * epochs.
   */
  function matrix(data, one, kind, epoch, view, theme) {
    const words = MATRICES[kind];
    const confusion = kind === 'confusion';
    const kinds = similarities(one);
    const source = kinds.indexOf(view.similarity) >= 0 ? view.similarity : kinds[0];
    const found = one && (confusion ? one.confusion : source && one.similarity[source]);
    if (!found || found.values.length === 0) {
      return empty(words.title, words.missing);
    }
    const place = placeOf(found.epochs, epoch);
    const coloured = confusion
      ? found.values.map(function (values) {
        return shares(values, found.totals);
      })
      : found.values;
    const values = found.values[place];
    const shade = confusion ? Math.sqrt : Number;
    const range = extremes(coloured);
    const names = found.classes.map(function (label) {
      return className(data, label);
    });
    const cells = [];
    const diagonal = [];
    const rows = [];
    values.forEach(function (row, i) {
      row.forEach(function (value, j) {
        rows.push([names[i], names[j], value]);
        if (i === j) {
          diagonal.push([j, i, 0]);
        } else {
          cells.push([j, i, shade(coloured[place][i][j])]);
        }
      });
    });
    const lettered = names.length <= 10;
    const label = function (cell) {
      const value = values[cell.value[1]][cell.value[0]];
      return confusion ? (value === 0 ? '' : String(value)) : value.toFixed(2).replace(/^0/, '');
    };
    const longest = Math.min(14, Math.max.apply(null, names.map(function (name) {
      return name.length;
    })));
    const turned = longest * names.length > 46;
    return {
      title: words.title,
      note: (confusion ? '' : similarityName(source) + ', ')
        + (found.epochs.length === 0 ? 'the same in every epoch' : 'epoch ' + found.epochs[place])
        + (found.classes.length < found.all_classes
          ? '; the ' + found.classes.length + ' of ' + found.all_classes + ' classes with the most errors' : ''),
      columns: ['class', confusion ? 'predicted' : 'other class', confusion ? 'samples' : 'similarity'],
      rows: rows,
      option: merge(base(theme, view), {
        grid: { left: 42 + 7 * longest, right: 12, top: 10, bottom: 92 + (turned ? 5 * longest : 0) },
        xAxis: axis(theme, confusion ? 'predicted class' : 'other class', {
          type: 'category',
          data: names,
          nameGap: turned ? 16 + 6 * longest : 26,
          splitLine: { show: false },
          axisLabel: {
            color: theme.subtle,
            fontSize: 11,
            rotate: turned ? 60 : 0,
            interval: Math.ceil(names.length / 24) - 1,
            formatter: function (name) {
              return shortened(name, 14);
            }
          }
        }),
        yAxis: axis(theme, confusion ? 'true class' : 'class', {
          type: 'category',
          inverse: true,
          data: names,
          nameGap: 20 + 7 * longest,
          splitLine: { show: false },
          axisLabel: {
            color: theme.subtle,
            fontSize: 11,
            interval: Math.ceil(names.length / 24) - 1,
            formatter: function (name) {
              return shortened(name, 14);
            }
          }
        }),
        visualMap: {
          type: 'continuous',
          seriesIndex: 0,
          dimension: 2,
          min: range[0] < range[1] ? shade(range[0]) : 0,
          max: range[0] < range[1] ? shade(range[1]) : Math.max(shade(range[1]), 1e-9),
          calculable: false,
          orient: 'horizontal',
          left: 'center',
          bottom: 0,
          itemWidth: 12,
          itemHeight: 130,
          text: confusion ? [percent(range[1]) + ' % of the class', percent(range[0]) + ' %']
            : [fixed(range[1], 3), fixed(range[0], 3)],
          textStyle: { color: theme.text, fontSize: 12 },
          inRange: { color: HEAT[theme.name] }
        },
        tooltip: tooltip(theme, 'item', function (cell) {
          const i = cell.value[1];
          const j = cell.value[0];
          const value = values[i][j];
          return view.tip(names[i] + ' → ' + names[j], confusion
            ? [['samples', value], ['of this class', percent(coloured[place][i][j]) + ' %']]
            : [['similarity', fixed(value, 4)]]);
        }),
        series: [{
          type: 'heatmap',
          name: words.title,
          data: cells,
          label: { show: lettered, formatter: label, fontSize: 11 },
          itemStyle: { borderColor: theme.surface, borderWidth: names.length <= 30 ? 1 : 0 }
        }, {
          type: 'heatmap',
          name: 'diagonal',
          data: diagonal.map(function (cell) {
            return { value: cell, visualMap: false };
          }),
          label: { show: lettered && confusion, formatter: label, fontSize: 11, color: theme.text },
          itemStyle: { color: theme.blank, borderColor: theme.surface, borderWidth: names.length <= 30 ? 1 : 0 }
        }]
      })
    };
  }

  /** Accuracy over confidence in bins of confidence, and below how many samples each bin has. */
  function reliability(data, one, view, theme) {
    const title = 'Reliability';
    const found = one && one.reliability;
    if (!found || found.bins.length === 0) {
      return empty(title, 'No reliability diagram: the log has no largest probability (p_pred) of labelled samples.');
    }
    const colours = RUN_COLOURS[theme.name];
    const rows = found.bins.map(function (bin) {
      return [fixed(bin.lower, 3) + ' – ' + fixed(bin.upper, 3), bin.samples, bin.confidence, bin.accuracy];
    });
    const filled = found.bins.filter(function (bin) {
      return bin.samples > 0;
    });
    const bar = function (value, index, colour) {
      return {
        type: 'custom',
        xAxisIndex: index,
        yAxisIndex: index,
        name: index === 0 ? 'accuracy' : 'samples',
        encode: { x: [0, 1], y: 2 },
        data: filled.map(function (bin) {
          return [bin.lower, bin.upper, value(bin)];
        }),
        renderItem: function (parameters, api) {
          const low = api.coord([api.value(0), 0]);
          const high = api.coord([api.value(1), api.value(2)]);
          return {
            type: 'rect',
            shape: { x: low[0] + 0.5, y: high[1], width: Math.max(1, high[0] - low[0] - 1), height: low[1] - high[1] },
            style: { fill: colour, opacity: 0.75 }
          };
        }
      };
    };
    return {
      title: title,
      note: 'ECE ' + percent(found.ece) + ' %, epoch ' + found.epoch,
      columns: ['confidence', 'samples', 'mean confidence', 'accuracy'],
      rows: rows,
      option: merge(base(theme, view), {
        grid: [{ left: 62, right: 18, top: 14, bottom: '38%' }, { left: 62, right: 18, top: '72%', bottom: 44 }],
        xAxis: [
          axis(theme, '', { min: 0, max: 1, axisLabel: { show: false } }),
          axis(theme, 'confidence (largest probability)', { gridIndex: 1, min: 0, max: 1, nameGap: 26 })
        ],
        yAxis: [
          axis(theme, 'accuracy', { min: 0, max: 1, nameGap: 40 }),
          axis(theme, 'samples', { gridIndex: 1, nameGap: 46, splitNumber: 2, minInterval: 1 })
        ],
        tooltip: tooltip(theme, 'item', function (point) {
          if (point.componentSubType !== 'custom' && point.seriesType !== 'custom') {
            return '';
          }
          const bin = filled[point.dataIndex];
          return view.tip('Confidence ' + fixed(bin.lower, 3) + ' – ' + fixed(bin.upper, 3),
            [['samples', bin.samples], ['accuracy', fixed(bin.accuracy, 3)], ['mean confidence', fixed(bin.confidence, 3)]]);
        }),
        series: [
          bar(function (bin) {
            return bin.accuracy;
          }, 0, colours[0]),
          bar(function (bin) {
            return bin.samples;
          }, 1, colours[7]),
          {
            type: 'line',
            name: 'perfectly calibrated',
            data: [[0, 0], [1, 1]],
            symbol: 'none',
            silent: true,
            lineStyle: { color: theme.subtle, type: 'dashed', width: 1.5 }
          },
          {
            type: 'line',
            name: 'mean confidence',
            data: filled.map(function (bin) {
              return [bin.confidence, bin.accuracy];
            }),
            silent: true,
            symbol: 'circle',
            symbolSize: 6,
            lineStyle: { color: colours[1], width: 1.5 },
            itemStyle: { color: colours[1] }
          }
        ]
      })
    };
  }

  /** Numbers of samples in bins of a number, one colour for each of its meanings. */
  function histogram(data, one, kind, view, theme) {
    const words = HISTOGRAMS[kind];
    const found = one && one[kind];
    if (!found || found.edges.length === 0) {
      return empty(words.title, words.missing);
    }
    const colours = RUN_COLOURS[theme.name];
    const names = Object.keys(found.counts);
    const bins = found.edges.length - 1;
    const rows = [];
    for (let i = 0; i < bins; i++) {
      rows.push([found.edges[i], found.edges[i + 1]].concat(names.map(function (name) {
        return found.counts[name][i];
      })));
    }
    const beyond = (found.below > 0 ? '; ' + found.below + ' below ' + found.edges[0] : '')
      + (found.above > 0 ? '; ' + found.above + ' above ' + found.edges[bins] : '');
    return {
      title: words.title,
      note: 'epoch ' + found.epoch + beyond,
      columns: ['from', 'to'].concat(names),
      rows: rows,
      option: merge(base(theme, view), {
        grid: { left: 62, right: 18, top: 14, bottom: 68 },
        xAxis: axis(theme, words.axis, {
          nameGap: 26,
          min: found.edges[0],
          max: found.edges[bins],
          splitLine: { show: false },
          axisLabel: { color: theme.subtle, fontSize: 11, showMinLabel: false, showMaxLabel: false }
        }),
        yAxis: axis(theme, 'samples', { nameGap: 46, minInterval: 1 }),
        legend: { bottom: 0, textStyle: { color: theme.text, fontSize: 12 } },
        tooltip: tooltip(theme, 'item', function (point) {
          const row = rows[point.dataIndex];
          return view.tip(fixed(row[0], 2) + ' to ' + fixed(row[1], 2), names.map(function (name, i) {
            return [name, row[2 + i]];
          }));
        }),
        series: names.map(function (name, place) {
          const colour = colours[place];
          return {
            type: 'custom',
            name: name,
            itemStyle: { color: colour },
            encode: { x: [0, 1], y: 2 },
            data: rows.map(function (row) {
              return [row[0], row[1], row[2 + place]];
            }),
            renderItem: function (parameters, api) {
              const low = api.coord([api.value(0), 0]);
              const high = api.coord([api.value(1), api.value(2)]);
              return {
                type: 'rect',
                shape: { x: low[0], y: high[1], width: Math.max(1, high[0] - low[0] - 0.5), height: low[1] - high[1] },
                style: { fill: colour, opacity: 0.65 }
              };
            }
          };
        })
      })
    };
  }

  /** Place of an epoch among those of a heat map, or of the last before it. */
  function placeOf(epochs, epoch) {
    let place = 0;
    epochs.forEach(function (each, i) {
      if (each <= epoch) {
        place = i;
      }
    });
    return place;
  }

  /**
   * Any of the charts.
   *
   * @param key of the chart: a metric, or a field of a series
   * @param one the series in detail, undefined for none
   * @param epoch of the heat maps
   * @param view split, phase and runs of the curves, grouped, still, kind of similarity, and tip: makes a tooltip of a heading and lines
   * @return title, note, columns and rows of the numbers, and either option (with more: pixels of height that a legend takes)
   *     or missing: why there is no chart
   */
  function build(data, key, one, epoch, view, theme) {
    if (METRICS[key]) {
      return curve(data, view, key, theme);
    }
    if (MATRICES[key]) {
      return matrix(data, one, key, epoch, view, theme);
    }
    if (HISTOGRAMS[key]) {
      return histogram(data, one, key, view, theme);
    }
    return { data_map: dataMap, projection: projection, reliability: reliability }[key](data, one, view, theme);
  }

  return {
    themes: THEMES,
    curves: Object.keys(METRICS),
    details: ['data_map', 'projection', 'confusion', 'similarity', 'reliability', 'margins', 'energies'],
    similarities: similarities,
    similarityName: similarityName,
    strokes: strokes,
    groupStroke: groupStroke,
    className: className,
    percent: percent,
    fixed: fixed,
    build: build
  };
})();
