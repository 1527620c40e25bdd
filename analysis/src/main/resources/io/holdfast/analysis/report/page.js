/* The page of a report: choices, charts, tables. Text of the log only ever becomes text nodes. */
(function () {
  'use strict';

  const data = JSON.parse(document.getElementById('data').textContent);
  const CURVES = holdfastCharts.curves;
  const THEME_KEY = 'holdfast-report-theme';
  const prefersDark = window.matchMedia('(prefers-color-scheme: dark)');
  const view = { split: '', phase: '', runs: [], run: 0, grouped: false, place: 0, theme: 'system', tip: tip };
  const charts = {};
  const openNumbers = {};

  function element(id) {
    return document.getElementById(id);
  }

  function make(tag, className, text) {
    const made = document.createElement(tag);
    if (className) {
      made.className = className;
    }
    if (text !== undefined && text !== null) {
      made.textContent = text;
    }
    return made;
  }

  function thumbnail(id) {
    const found = data.images[id];
    if (!found) {
      return null;
    }
    const image = make('img');
    image.src = 'data:image/png;base64,' + found;
    image.alt = 'Sample ' + id;
    return image;
  }

  function tip(heading, lines, sample) {
    const box = make('div', 'tip');
    box.append(make('b', '', heading));
    lines.forEach(function (line) {
      const row = make('div');
      row.append(make('span', '', line[0]), make('span', '', line[1]));
      box.append(row);
    });
    const image = sample === undefined ? null : thumbnail(sample);
    if (image) {
      box.append(image);
    }
    return box;
  }

  function theme() {
    const dark = view.theme === 'dark' || (view.theme === 'system' && prefersDark.matches);
    return holdfastCharts.themes[dark ? 'dark' : 'light'];
  }

  function detail() {
    return data.series.find(function (one) {
      return one.run === view.run && one.split === view.split && one.phase === view.phase;
    });
  }

  function compare(a, b) {
    if (a === null || b === null) {
      return a === b ? 0 : a === null ? 1 : -1;
    }
    return typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });
  }

  /**
   * A table that sorts by the column whose head is pressed. Columns: name, number (right-aligned), show (value to text
   * or element), plain (not sortable), long (wraps).
   */
  function table(columns, rows, caption) {
    const box = make('div', 'table');
    box.tabIndex = 0;
    box.setAttribute('role', 'region');
    box.setAttribute('aria-label', caption);
    const made = make('table');
    const head = make('tr');
    const body = make('tbody');
    const fill = function (ordered) {
      body.replaceChildren.apply(body, ordered.map(function (row) {
        const line = make('tr');
        columns.forEach(function (column, i) {
          const cell = make(column.head ? 'th' : 'td', column.number ? 'number' : column.long ? 'long' : '');
          if (column.head) {
            cell.scope = 'row';
          }
          const shown = column.show ? column.show(row[i], row) : row[i];
          cell.append(shown === null || shown === undefined ? '–' : shown);
          line.append(cell);
        });
        return line;
      }));
    };
    columns.forEach(function (column, i) {
      const cell = make('th', column.number ? 'number' : '');
      cell.scope = 'col';
      if (column.plain) {
        cell.append(column.name);
      } else {
        const button = make('button', '', column.name);
        button.type = 'button';
        button.addEventListener('click', function () {
          const first = column.number ? 'descending' : 'ascending';
          const other = column.number ? 'ascending' : 'descending';
          const order = cell.getAttribute('aria-sort') === first ? other : first;
          head.querySelectorAll('th').forEach(function (each) {
            each.removeAttribute('aria-sort');
          });
          cell.setAttribute('aria-sort', order);
          fill(rows.slice().sort(function (a, b) {
            const unknown = a[i] === null || b[i] === null;
            return order === 'ascending' || unknown ? compare(a[i], b[i]) : compare(b[i], a[i]);
          }));
        });
        cell.append(button);
      }
      head.append(cell);
    });
    const top = make('thead');
    top.append(head);
    made.append(top, body);
    fill(rows);
    box.append(made);
    return box;
  }

  function save(name, url) {
    const link = make('a');
    link.download = name;
    link.href = url;
    document.body.append(link);
    link.click();
    link.remove();
  }

  function fileName(key, extension) {
    const run = CURVES.includes(key) ? '' : '-' + data.runs[view.run].run_id;
    const kind = key === 'similarity' ? '-' + view.similarity : '';
    return (key + kind).replace('_', '-') + '-' + view.split + '-' + view.phase + run + '.' + extension;
  }

  function saveSvg(key) {
    const drawn = build(key, merge(view, { still: true }), holdfastCharts.themes.light);
    const box = charts[key].box;
    const chart = echarts.init(null, null, {
      renderer: 'svg',
      ssr: true,
      width: Math.max(640, box.clientWidth),
      height: Math.max(360, box.clientHeight) + (drawn.more || 0)
    });
    chart.setOption(drawn.option);
    save(fileName(key, 'svg'), 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(chart.renderToSVGString()));
    chart.dispose();
  }

  function savePng(key) {
    save(fileName(key, 'png'), charts[key].chart.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: theme().surface }));
  }

  function merge(one, other) {
    return Object.assign({}, one, other);
  }

  function build(key, shown, colours) {
    return holdfastCharts.build(data, key, detail(), epochs()[view.place], shown, colours);
  }

  /** The epochs of the heat maps: all that any has. */
  function epochs() {
    const one = detail();
    const all = {};
    const maps = holdfastCharts.similarities(one).map(function (kind) {
      return one.similarity[kind];
    });
    maps.concat(one && one.confusion ? [one.confusion] : []).forEach(function (map) {
      map.epochs.forEach(function (epoch) {
        all[epoch] = true;
      });
    });
    return Object.keys(all).map(Number).sort(function (a, b) {
      return a - b;
    });
  }

  function numbersTable(drawn) {
    return table(drawn.columns.map(function (name, i) {
      const number = drawn.rows.some(function (row) {
        return typeof row[i] === 'number';
      });
      return { name: name, number: number, show: function (value) {
        return typeof value === 'number' ? String(Number(value.toPrecision(6))) : value;
      } };
    }), drawn.rows.slice(0, 2000), 'Numbers of the chart ' + drawn.title);
  }

  function draw(figure) {
    const key = figure.dataset.chart;
    const drawn = build(key, view, theme());
    if (charts[key]) {
      charts[key].chart.dispose();
      delete charts[key];
    }
    const caption = make('figcaption');
    caption.append(make('h3', '', drawn.title));
    figure.replaceChildren(caption);
    if (!drawn.option) {
      figure.append(make('p', 'empty', drawn.missing));
      return;
    }
    const actions = make('span', 'actions');
    const numbers = make('button', '', 'Numbers');
    numbers.type = 'button';
    numbers.setAttribute('aria-expanded', String(Boolean(openNumbers[key])));
    numbers.setAttribute('aria-label', 'Numbers of ' + drawn.title);
    const svg = make('button', '', 'SVG');
    svg.type = 'button';
    svg.setAttribute('aria-label', 'Save ' + drawn.title + ' as SVG');
    svg.addEventListener('click', function () {
      saveSvg(key);
    });
    const png = make('button', '', 'PNG');
    png.type = 'button';
    png.setAttribute('aria-label', 'Save ' + drawn.title + ' as PNG');
    png.addEventListener('click', function () {
      savePng(key);
    });
    actions.append(numbers, svg, png);
    caption.append(actions);
    if (drawn.note) {
      caption.append(make('p', 'note', drawn.note));
    }
    const box = make('div', 'chart');
    const list = make('div', 'numbers');
    figure.append(box, list);
    numbers.addEventListener('click', function () {
      openNumbers[key] = !openNumbers[key];
      numbers.setAttribute('aria-expanded', String(openNumbers[key]));
      list.replaceChildren.apply(list, openNumbers[key] ? [numbersTable(drawn)] : []);
    });
    if (openNumbers[key]) {
      list.append(numbersTable(drawn));
    }
    const chart = echarts.init(box, null, { renderer: 'canvas' });
    chart.setOption(drawn.option);
    box.setAttribute('role', 'img');
    charts[key] = { chart: chart, box: box };
  }

  function drawAll(keys) {
    document.querySelectorAll('figure[data-chart]').forEach(function (figure) {
      if (!keys || keys.includes(figure.dataset.chart)) {
        draw(figure);
      }
    });
  }

  function show(id, made, otherwise) {
    element(id).replaceChildren(made || make('p', 'notice', otherwise));
  }

  function share(value) {
    return value === null ? null : holdfastCharts.percent(value);
  }

  function comparison() {
    const rows = data.series.filter(function (one) {
      return one.split === view.split && one.phase === view.phase && view.runs.includes(one.run);
    }).map(function (one) {
      const at = one.curves.epoch.indexOf(one.selected);
      const known = one.curves.accuracy.filter(function (value) {
        return value !== null;
      });
      const best = known.length > 0 ? Math.max.apply(null, known) : null;
      const of = function (name) {
        return at < 0 ? null : one.curves[name][at];
      };
      return [data.runs[one.run].run_id, one.curves.epoch.length, best,
        best === null ? null : one.curves.epoch[one.curves.accuracy.indexOf(best)], one.selected || null, of('accuracy'),
        of('loss'), of('fe'), of('rfe'), of('wfs'), of('wrong'), of('ece')];
    });
    const whole = { number: true };
    const percentage = { number: true, show: share };
    const column = function (name, kind) {
      return merge(kind, { name: name });
    };
    show('comparison', rows.length === 0 ? null : table([
      { name: 'run', head: true, show: function (name) {
        const shown = document.createDocumentFragment();
        const run = data.runs.findIndex(function (each) {
          return each.run_id === name;
        });
        shown.append(swatch(holdfastCharts.strokes(data, theme())[run]), name);
        return shown;
      } },
      column('epochs', whole),
      column('best accuracy, %', percentage),
      column('at epoch', whole),
      column('selected epoch', whole),
      column('accuracy, %', percentage),
      column('loss', { number: true, show: function (value) {
        return value === null ? null : holdfastCharts.fixed(value, 4);
      } }),
      column('FE, %', percentage),
      column('RFE, %', percentage),
      column('WFS', whole),
      column('wrong', whole),
      column('ECE, %', percentage)
    ], rows, 'Runs compared'), 'No run is chosen.');
    element('comparison-lead').textContent = 'At the selected epoch (' + data.selection + ') of split ' + view.split
      + ', phase ' + view.phase + '. Press a column\'s head to sort.';
  }

  function sampleColumns(rows, columns) {
    const pictured = rows.some(function (row) {
      return data.images[row[0]];
    });
    const sample = { name: 'sample', head: true };
    return pictured ? [{ name: 'image', plain: true, show: function (value, row) {
      return thumbnail(row[1]);
    } }, sample].concat(columns) : [sample].concat(columns);
  }

  function sampleRows(rows) {
    const pictured = rows.some(function (row) {
      return data.images[row[0]];
    });
    return pictured ? rows.map(function (row) {
      return [null].concat(row);
    }) : rows;
  }

  function whole(name) {
    return { name: name, number: true };
  }

  function sampleTables() {
    const one = detail();
    const name = function (label) {
      return label === null ? null : holdfastCharts.className(data, label);
    };
    const forgotten = one ? one.forgotten : { samples: 0, rows: [] };
    const lost = forgotten.rows.map(function (row) {
      return [row.sample_id, name(row.label), row.forgetting_events, row.first_learned, row.last_learned,
        row.final_correct === null ? null : row.final_correct ? 'right' : 'wrong'];
    });
    show('forgotten', lost.length === 0 ? null : table(sampleColumns(lost, [{ name: 'class' }, whole('forgetting events'),
      whole('first learned'), whole('last learned'), { name: 'in the last epoch' }]), sampleRows(lost),
    'Most forgotten samples'), one ? 'No sample was forgotten.' : 'This run has no such split.');
    element('forgotten-lead').textContent = lost.length === 0 ? ''
      : 'The ' + lost.length + ' with the most forgetting events of ' + forgotten.samples + ' samples with any.';
    const flipped = one ? one.flipped : { samples: 0, rows: [] };
    const wrong = flipped.rows.map(function (row) {
      return [row.sample_id, name(row.label), name(row.predicted), row.first_learned, row.last_correct];
    });
    show('flipped', wrong.length === 0 ? null : table(sampleColumns(wrong, [{ name: 'class' }, { name: 'predicted' },
      whole('first learned'), whole('last right')]), sampleRows(wrong), 'Wrongly flipped samples'),
    one ? 'No sample is wrong after having been right.' : 'This run has no such split.');
    element('flipped-lead').textContent = wrong.length === 0 ? ''
      : 'Wrong in epoch ' + one.selected + ' and right in an earlier one: ' + flipped.samples
        + (flipped.samples > wrong.length ? '; shown are the ' + wrong.length + ' that were right for longest' : '') + '.';
  }

  function settings() {
    const runs = view.runs.map(function (run) {
      return data.runs[run];
    });
    const keys = {};
    runs.forEach(function (run) {
      Object.keys(run.settings).forEach(function (key) {
        keys[key] = true;
      });
    });
    const differing = element('differing').checked && runs.length > 1;
    const chosen = Object.keys(keys).filter(function (key) {
      return !differing || runs.some(function (run) {
        return run.settings[key] !== runs[0].settings[key];
      });
    });
    element('differing-label').hidden = runs.length < 2 || Object.keys(keys).length === 0;
    const rows = chosen.map(function (key) {
      return [key].concat(runs.map(function (run) {
        const value = run.settings[key];
        return value === undefined ? null : value;
      }));
    });
    show('settings', rows.length === 0 ? null : table([{ name: 'setting', head: true }].concat(runs.map(function (run) {
      return { name: run.run_id, plain: true, long: true };
    })), rows, 'Settings of the runs'), runs.length === 0 ? 'No run is chosen.'
      : Object.keys(keys).length === 0 ? 'The log has no settings of these runs (runs/RUN/run.json).' : 'No setting differs.');
  }

  function slider() {
    const all = epochs();
    const input = element('epoch');
    input.max = String(Math.max(0, all.length - 1));
    view.place = Math.min(view.place, Math.max(0, all.length - 1));
    input.value = String(view.place);
    input.disabled = all.length < 2;
    input.parentElement.hidden = all.length === 0;
    const text = all.length === 0 ? '' : all[view.place] + ' of ' + all[all.length - 1];
    element('epoch-value').textContent = text;
    input.setAttribute('aria-valuetext', 'epoch ' + text);
  }

  function similarities() {
    const kinds = holdfastCharts.similarities(detail());
    element('similarity-label').hidden = kinds.length < 2;
    options(element('similarity'), kinds.map(holdfastCharts.similarityName));
    view.similarity = kinds.includes(view.similarity) ? view.similarity : kinds[0];
    element('similarity').value = String(kinds.indexOf(view.similarity));
  }

  function toSelectedEpoch() {
    const one = detail();
    const all = epochs();
    const place = one ? all.indexOf(one.selected) : -1;
    view.place = place >= 0 ? place : Math.max(0, all.length - 1);
  }

  function showCurves() {
    legend();
    element('curves-lead').textContent = view.grouped
      ? 'Means over runs that differ in their seed only; bands reach from the lowest to the highest.'
      : data.runs.length > 1 ? 'Runs that differ in their seed only share a colour. Rings mark the selected epoch.'
        : 'A ring marks the selected epoch.';
    drawAll(CURVES);
    comparison();
    settings();
  }

  function showDetail() {
    document.querySelectorAll('[data-detail="run"]').forEach(function (place) {
      place.textContent = data.runs[view.run].run_id;
    });
    slider();
    similarities();
    drawAll(holdfastCharts.details);
    sampleTables();
  }

  function swatch(stroke) {
    const picture = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    picture.setAttribute('class', 'swatch');
    picture.setAttribute('viewBox', '0 0 24 8');
    picture.setAttribute('aria-hidden', 'true');
    const drawn = document.createElementNS('http://www.w3.org/2000/svg', 'line');
    const attributes = { x1: 0, x2: 24, y1: 4, y2: 4, stroke: stroke.color, 'stroke-width': 3,
      'stroke-dasharray': { solid: 'none', dashed: '7 3', dotted: '3 2.5' }[stroke.type] };
    Object.keys(attributes).forEach(function (name) {
      drawn.setAttribute(name, attributes[name]);
    });
    picture.append(drawn);
    return picture;
  }

  function highlight(name, kind) {
    CURVES.forEach(function (key) {
      if (charts[key]) {
        charts[key].chart.dispatchAction({ type: kind, seriesName: name });
      }
    });
  }

  /** A button that is the legend of a run, or of a group of runs, and shows or hides it. */
  function chip(name, runs, stroke) {
    const made = make('button', 'chip');
    const shown = runs.some(function (run) {
      return view.runs.includes(run);
    });
    made.type = 'button';
    made.setAttribute('aria-pressed', String(shown));
    made.append(swatch(stroke), make('span', '', name));
    made.addEventListener('click', function () {
      choose(runs, !shown);
    });
    ['mouseenter', 'focus'].forEach(function (event) {
      made.addEventListener(event, function () {
        highlight(name, 'highlight');
      });
    });
    ['mouseleave', 'blur'].forEach(function (event) {
      made.addEventListener(event, function () {
        highlight(name, 'downplay');
      });
    });
    return made;
  }

  function choose(runs, shown) {
    view.runs = data.runs.map(function (run, i) {
      return i;
    }).filter(function (run) {
      return runs.includes(run) ? shown : view.runs.includes(run);
    });
    showCurves();
  }

  function runsThat(matches) {
    return data.runs.map(function (run, i) {
      return i;
    }).filter(function (run) {
      return matches(data.runs[run]);
    });
  }

  function found() {
    const wanted = element('run-filter').value.toLowerCase();
    return runsThat(function (run) {
      return run.run_id.toLowerCase().includes(wanted);
    });
  }

  function legend() {
    const focused = Array.from(element('run-list').children).indexOf(document.activeElement);
    const listed = found();
    const chips = view.grouped ? data.groups.map(function (group, i) {
      const runs = listed.filter(function (run) {
        return data.runs[run].group === i;
      });
      return runs.length === 0 ? null : chip(group, runs, holdfastCharts.groupStroke(data, i, theme()));
    }).filter(Boolean) : listed.map(function (run) {
      return chip(data.runs[run].run_id, [run], holdfastCharts.strokes(data, theme())[run]);
    });
    element('run-list').replaceChildren.apply(element('run-list'), chips);
    if (focused >= 0 && chips[focused]) {
      chips[focused].focus();
    }
    element('run-count').textContent = view.runs.length + ' of ' + data.runs.length + ' runs';
  }

  function stored(value) {
    try {
      if (value !== undefined) {
        window.localStorage.setItem(THEME_KEY, value);
      }
      return window.localStorage.getItem(THEME_KEY);
    } catch (refused) {
      return null;
    }
  }

  function showTheme() {
    if (view.theme === 'system') {
      document.documentElement.removeAttribute('data-theme');
    } else {
      document.documentElement.dataset.theme = view.theme;
    }
    element('theme').textContent = 'Theme: ' + view.theme;
  }

  function options(select, texts) {
    select.replaceChildren.apply(select, texts.map(function (text, i) {
      const option = make('option', '', text);
      option.value = String(i);
      return option;
    }));
  }

  function start() {
    const splits = [];
    data.series.forEach(function (one) {
      if (!splits.some(function (known) {
        return known.split === one.split && known.phase === one.phase;
      })) {
        splits.push({ split: one.split, phase: one.phase });
      }
    });
    const first = Math.max(0, splits.findIndex(function (one) {
      return one.split === 'test' && one.phase === 'eval';
    }));
    view.split = splits[first].split;
    view.phase = splits[first].phase;
    view.runs = data.runs.map(function (run, i) {
      return i;
    });
    options(element('split'), splits.map(function (one) {
      return one.split + ' · ' + one.phase;
    }));
    element('split').value = String(first);
    element('split').addEventListener('change', function (event) {
      const chosen = splits[Number(event.target.value)];
      view.split = chosen.split;
      view.phase = chosen.phase;
      toSelectedEpoch();
      showCurves();
      showDetail();
    });
    options(element('run'), data.runs.map(function (run) {
      return run.run_id;
    }));
    element('run').addEventListener('change', function (event) {
      view.run = Number(event.target.value);
      toSelectedEpoch();
      showDetail();
    });
    element('epoch').addEventListener('input', function (event) {
      view.place = Number(event.target.value);
      slider();
      drawAll(['confusion', 'similarity']);
    });
    element('similarity').addEventListener('change', function (event) {
      view.similarity = holdfastCharts.similarities(detail())[Number(event.target.value)];
      drawAll(['similarity']);
    });
    element('grouped-label').hidden = data.groups.length === data.runs.length;
    element('grouped').addEventListener('change', function (event) {
      view.grouped = event.target.checked;
      showCurves();
    });
    element('differing').addEventListener('change', settings);
    element('all-runs').addEventListener('click', function () {
      choose(found(), true);
    });
    element('no-runs').addEventListener('click', function () {
      choose(found(), false);
    });
    element('run-filter').hidden = data.runs.length < 13;
    element('run-filter').addEventListener('input', legend);
    element('controls').addEventListener('submit', function (event) {
      event.preventDefault();
    });
    element('theme').addEventListener('click', function () {
      const order = ['system', 'light', 'dark'];
      view.theme = order[(order.indexOf(view.theme) + 1) % order.length];
      stored(view.theme);
      showTheme();
      showCurves();
      showDetail();
    });
    prefersDark.addEventListener('change', function () {
      if (view.theme === 'system') {
        showCurves();
        showDetail();
      }
    });
    let pending = 0;
    window.addEventListener('resize', function () {
      window.clearTimeout(pending);
      pending = window.setTimeout(function () {
        Object.keys(charts).forEach(function (key) {
          charts[key].chart.resize();
        });
      }, 100);
    });
    const before = stored();
    view.theme = before === 'light' || before === 'dark' ? before : 'system';
    showTheme();
    element('subtitle').textContent = [data.log, data.runs.length + (data.runs.length === 1 ? ' run' : ' runs'),
      'selected epoch: ' + data.selection].join(' · ');
    if (data.notes.length > 0) {
      const list = make('ul');
      data.notes.forEach(function (note) {
        list.append(make('li', '', note));
      });
      const notice = make('div', 'notice');
      notice.append(list);
      element('notes').replaceChildren(notice);
      element('notes').hidden = false;
    }
    toSelectedEpoch();
    showCurves();
    showDetail();
  }

  start();
})();
