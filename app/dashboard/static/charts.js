// Draws the charts that a page names in its `chart-data`, by plotly.js, in the colours of the style sheet.

const loaded = { plotly: null };

export function loadPlotly() {
  if (window.Plotly) return Promise.resolve();
  const wanted = document.getElementById("chart-data");
  if (!wanted || wanted.textContent.trim() === "[]") return Promise.resolve();
  // 4.8 MB, so only pages that have something to draw ask for it.
  loaded.plotly ||= new Promise((resolve) => {
    const script = document.createElement("script");
    script.src = document.getElementById("main").dataset.plotly;
    script.onload = script.onerror = resolve;
    document.head.append(script);
  });
  return loaded.plotly;
}

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function layout(extra) {
  const axis = { gridcolor: colour("line"), linecolor: colour("line"), zeroline: false, fixedrange: true, automargin: true };
  return {
    margin: { l: 44, r: 12, t: 8, b: 30 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { color: colour("quiet"), size: 12, family: getComputedStyle(document.body).fontFamily },
    hoverlabel: { bgcolor: colour("card"), bordercolor: colour("line"), font: { color: colour("ink") } },
    showlegend: false,
    dragmode: false,
    ...extra,
    xaxis: { ...axis, ...extra.xaxis },
    yaxis: { ...axis, ...extra.yaxis },
  };
}

// Few texts or few per cent need other ticks: no half texts, no two ticks of the same name.
function ticks(chart, high) {
  if (chart.form === ",d") return high < 5 ? { dtick: 1, tickformat: ",d" } : { tickformat: "~s" };
  return { tickformat: chart.form === ".0%" && high < 0.05 ? ".1%" : chart.form };
}

function line(chart) {
  const shapes = [];
  const known = chart.y.filter((value) => value !== null);
  let low = Math.min(...known);
  let high = Math.max(...known);
  if (chart.bound !== null) {
    low = Math.min(low, chart.bound);
    high = Math.max(high, chart.bound);
    shapes.push({ type: "line", xref: "paper", x0: 0, x1: 1, y0: chart.bound, y1: chart.bound, line: { color: colour("warn"), width: 1.5, dash: "dot" } });
  }
  if (chart.zero) low = 0;
  const room = (high - low) * 0.15 || Math.abs(high) * 0.1 || 1;
  const traces = [{
    type: "scatter", mode: "lines+markers", x: chart.x, y: chart.y,
    line: { color: colour("accent"), width: 2.5 }, marker: { color: colour("accent"), size: 7 },
    hovertemplate: `round %{x}: <b>%{y:${chart.form}}</b><extra></extra>`,
  }];
  const annotations = chart.bound === null ? [] : [{ xref: "paper", x: 0.02, y: chart.bound, text: "target", showarrow: false, xanchor: "left", yanchor: "bottom", font: { size: 11, color: colour("warn") } }];
  return [traces, layout({
    shapes, annotations,
    xaxis: { ...(chart.x.length > 12 ? { nticks: 8 } : { tickmode: "array", tickvals: chart.x }), title: { text: "round", standoff: 2, font: { size: 11 } }, range: [chart.x[0] - 0.3, chart.x[chart.x.length - 1] + 0.3], showgrid: false },
    yaxis: { ...ticks(chart, high), range: [chart.zero ? 0 : low - room, high + room], nticks: 5 },
  })];
}

function funnel(chart) {
  const bar = (name, values, shade) => ({
    type: "bar", orientation: "h", name, y: chart.labels, x: values, marker: { color: colour(shade) },
    hovertemplate: `%{y}: <b>%{x:,d}</b> ${name}<extra></extra>`,
  });
  return [
    [bar("went on", chart.on, "accent"), bar("lost here", chart.lost, "lost")],
    layout({
      barmode: "stack", bargap: 0.35, margin: { l: 8, r: 12, t: 26, b: 24 }, showlegend: true,
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", traceorder: "normal", itemclick: false, itemdoubleclick: false },
      yaxis: { autorange: "reversed", showgrid: false, ticks: "", ticksuffix: "  " },
      xaxis: { rangemode: "tozero", nticks: 6 },
    }),
  ];
}

function draw(chart) {
  const figure = document.querySelector(`[data-chart="${chart.id}"]`);
  if (!figure) return;
  figure.hidden = false;
  const plot = figure.querySelector(".plot");
  // A closed round has no width yet; it is drawn when it is opened.
  if (!plot.clientWidth) return;
  const [traces, look] = chart.kind === "line" ? line(chart) : funnel(chart);
  window.Plotly.react(plot, traces, look, { displayModeBar: false, responsive: true, showTips: false });
}

export function drawAll() {
  const data = document.getElementById("chart-data");
  if (data && window.Plotly) for (const chart of JSON.parse(data.textContent)) draw(chart);
}
