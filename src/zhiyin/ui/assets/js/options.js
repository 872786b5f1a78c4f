// From what a chart means to how ECharts draws it: one function for each kind of chart.
import { extent, frame, horizontal, markLine, range, tooltip, vertical, whiskers, write } from "./drawing.js";

const COLOURS = ["c1", "c2", "c3", "c4", "c5", "c6"];
const DECAL = { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4, color: "rgba(255,255,255,.45)" };

// The first colour goes to the first series that is no reference.
function colourOf(one, config, t) {
  if (one.tone) return t[one.tone];
  if (one.reference) return t.c6;
  const own = config.series.filter((other) => !other.reference && !other.tone);
  return t[COLOURS[own.indexOf(one) % COLOURS.length]];
}

// Lines over time, with the band of an interval or the limits of a control chart.
export function trend(config, t) {
  const isNamed = config.series.length > 1 || Boolean(config.limits);
  const base = frame(config, t, { right: isNamed ? 78 : 24, top: config.marks.some((mark) => mark.at !== null) ? 28 : 12 });
  const series = config.series.flatMap((one, index) => line(one, index, config, t));
  if (config.limits) series.unshift(...limits(config.limits, t));
  series[series.length - 1].markLine = markLine(config.marks, t);
  const missing = Object.keys(config.gaps ?? {}).map(Number);
  if (missing.length) series.push(gaps(missing, config, t));
  return {
    ...base,
    xAxis: { ...horizontal(config, t), boundaryGap: false },
    yAxis: vertical(config, t, range(config.bottom, config.top)),
    tooltip: tooltip(config, t, "axis"),
    series,
  };
}

function line(one, index, config, t) {
  const colour = colourOf(one, config, t);
  const named = config.series.length > 1;
  const main = {
    type: "line",
    name: one.name,
    data: one.values.map((value, at) => point(value, one.signals[at], t, at === newestSignal(one))),
    symbol: one.reference ? "emptyDiamond" : "circle",
    symbolSize: one.reference ? 6 : 5,
    showAllSymbol: true, // a narrow chart may not drop the point that is out of control
    lineStyle: { color: colour, width: one.reference ? 1.5 : 2, type: one.reference ? "dashed" : "solid" },
    itemStyle: { color: colour },
    endLabel: { show: named, formatter: one.name, color: one.reference ? t["ink-2"] : colour, fontWeight: one.reference ? 400 : 600 },
    yAxisIndex: one.second ? 1 : 0,
    z: 4,
  };
  return one.low.length ? [...band(one.low, one.high, `band${index}`, colour, 0.16), main] : [main];
}

// Only the newest signal has its word beside it; the others say theirs under the pointer, in the table and in the text.
const newestSignal = (one) => Math.max(...Object.keys(one.signals).map(Number));

function point(value, word, t, isNamed) {
  if (word === undefined) return { value };
  const label = { show: Boolean(word) && isNamed, formatter: word, position: "bottom", color: t["bad-ink"], fontWeight: 600, width: 150, overflow: "break" };
  return { value, symbol: "diamond", symbolSize: 11, itemStyle: { color: t.bad }, label };
}

// Two stacked lines: an unseen one below, the height of the band above it.
function band(low, high, stack, colour, opacity) {
  const unseen = { type: "line", stack, stackStrategy: "all", symbol: "none", silent: true, lineStyle: { opacity: 0 }, tooltip: { show: false }, z: 1 };
  const height = high.map((top, at) => (top === null || low[at] === null ? null : top - low[at]));
  return [
    { ...unseen, data: low },
    { ...unseen, data: height, areaStyle: { color: colour, opacity } },
  ];
}

// What was not measured is no zero: a cross at the foot of the chart, where no value can be taken for it.
function gaps(places, config, t) {
  const known = config.series.flatMap((one) => [...one.values, ...one.low]).filter((value) => value !== null);
  const foot = config.bottom ?? Math.min(...known);
  return {
    type: "scatter",
    data: places.map((at) => [at, foot]),
    symbol: "path://M0 1 L1 0 L5 4 L9 0 L10 1 L6 5 L10 9 L9 10 L5 6 L1 10 L0 9 L4 5 Z",
    symbolSize: 7,
    symbolOffset: [0, -6],
    itemStyle: { color: t["ink-3"] },
    silent: true,
    tooltip: { show: false },
    z: 3,
  };
}

function limits(given, t) {
  const edge = (data, name) => ({
    type: "line",
    data,
    symbol: "none",
    silent: true,
    tooltip: { show: false },
    lineStyle: { color: t["ink-3"], width: 1, type: "dashed" },
    endLabel: { show: true, formatter: name, color: t["ink-3"] },
    z: 2,
  });
  const centre = edge(given.low.map(() => given.centre), `${given.labels[1]}`);
  centre.lineStyle = { color: t.c6, width: 1 };
  return [...band(given.low, given.high, "limits", t["ink-3"], 0.14), edge(given.low, given.labels[0]), edge(given.high, given.labels[2]), centre];
}

// Upright bars from zero; a second row of bars is hatched; a line on the second axis makes it a Pareto chart.
export function bars(config, t, width) {
  const isPareto = config.series.some((one) => one.second);
  const upright = config.series.filter((one) => one.kind === "bar");
  const rows = upright.map((one, index) => ({
    type: "bar",
    name: one.name,
    data: one.values.map((value, at) => (at in one.signals ? { value, itemStyle: { color: t.bad } } : { value })),
    itemStyle: { color: isPareto ? t.c6 : colourOf(one, config, t), borderRadius: [2, 2, 0, 0], decal: index ? DECAL : { symbol: "none" } },
    barMaxWidth: 26,
    barGap: "10%",
    label: { show: upright.length === 1 && (!one.low.length || (width - 70) / config.labels.length >= 34), ...(isPareto || one.low.length ? { position: "insideBottom", color: t.surface } : { position: "top", color: t["ink-2"] }), formatter: ({ value }) => write(value, config.decimals) },
  }));
  const intervals = upright.filter((one) => one.low.length && upright.length === 1).map((one) => whiskers(one, t));
  const above = isPareto ? { ...config, series: config.series.filter((one) => one.kind === "line") } : config;
  const lines = config.series.filter((one) => one.kind === "line").flatMap((one, index) => line(one, index, above, t).slice(-1));
  const lowest = Math.min(0, ...upright.flatMap((one) => [...one.values, ...one.low]).filter((value) => value !== null));
  const floor = lowest < 0 ? {} : { min: 0 }; // bars begin at zero; those of a scale below it go down from there
  const right = { min: 0, max: 100, splitLine: { show: false }, axisLabel: { color: t["ink-3"], formatter: "{value}%" } };
  return {
    ...frame(config, t, { right: isPareto ? 44 : 12, top: 20 }),
    xAxis: horizontal(config, t, width - 70),
    yAxis: isPareto ? [vertical(config, t, { min: 0 }), { type: "value", ...right }] : vertical(config, t, floor),
    tooltip: tooltip(config, t, "axis"),
    series: [...rows, ...intervals, ...lines.map((one) => ({ ...one, endLabel: { show: false } }))],
  };
}

// Lying bars around zero that add up to the change; the last one may be the sum.
export function contribution(config, t) {
  const values = config.series[0].values;
  const lowest = Math.min(0, ...values);
  const highest = Math.max(0, ...values);
  const room = (highest - lowest || 1) * 0.3; // for the numbers at the ends of the bars
  const colour = (value, at) => (config.lastIsTotal && at === values.length - 1 ? t.c6 : value < 0 ? t.bad : t.good);
  return {
    ...frame(config, t, { left: 8, right: 44, top: 4 }),
    xAxis: { type: "value", min: lowest && lowest - room, max: highest + room, axisLabel: { show: false }, splitLine: { show: false } },
    yAxis: {
      type: "category",
      inverse: true,
      data: config.labels,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: t["ink-2"], fontSize: 12, width: 110, overflow: "truncate" },
    },
    tooltip: tooltip(config, t, "item"),
    series: [
      {
        type: "bar",
        name: config.series[0].name,
        barWidth: 14,
        data: values.map((value, at) => ({
          value,
          itemStyle: { color: colour(value, at), borderRadius: 2 },
          label: { show: true, position: value < 0 ? "left" : "right", formatter: write(value, 2, true), color: t.ink },
        })),
        markLine: { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: t["line-2"], type: "solid" }, data: [{ xAxis: 0 }] },
      },
    ],
  };
}

// Importance against performance with both intervals; what is not significant is hollow and dashed.
export function quadrants(config, t) {
  const { x, y, names } = config.quadrants;
  const across = extent(config.points.flatMap((point) => point.x), x);
  const upward = extent(config.points.flatMap((point) => point.y), y);
  const tone = (point) => (!point.significant ? t.c6 : point.y[1] < y ? t.c1 : point.x[1] < x ? t.bad : t.good);
  const field = (name, from, to, colour, at) => [
    { ...from, name, itemStyle: { color: colour, opacity: 0.65 }, label: { position: at, color: t["ink-2"], fontWeight: 600 } },
    to,
  ];
  const areas = [
    field(names[0], { xAxis: across.min, yAxis: y }, { xAxis: x, yAxis: upward.max }, t["bad-soft"], "insideTopLeft"),
    field(names[1], { xAxis: x, yAxis: y }, { xAxis: across.max, yAxis: upward.max }, t["good-soft"], "insideTopRight"),
    field(names[2], { xAxis: x, yAxis: upward.min }, { xAxis: across.max, yAxis: y }, "transparent", "insideBottomRight"),
    field(names[3], { xAxis: across.min, yAxis: upward.min }, { xAxis: x, yAxis: y }, "transparent", "insideBottomLeft"),
  ];
  return {
    ...frame(config, t, { left: 16, right: 16, top: 12, bottom: 24 }),
    xAxis: {
      type: "value",
      ...across,
      name: config.xLabel,
      nameLocation: "middle",
      nameGap: 26,
      nameTextStyle: { color: t["ink-3"] },
      splitLine: { show: false },
      axisLine: { lineStyle: { color: t["line-2"] } },
      axisLabel: { color: t["ink-3"], formatter: (value) => `${write(value, 0)}${config.xSuffix}` },
    },
    yAxis: { ...vertical(config, t, upward, { showMaxLabel: false }), name: config.yLabel, nameLocation: "middle", nameGap: 36, nameTextStyle: { color: t["ink-3"] } },
    tooltip: tooltip(config, t, "item"),
    series: [
      whiskers({ cross: config.points }, t),
      {
        type: "scatter",
        symbolSize: 13,
        data: config.points.map((point) => ({
          name: point.label,
          value: [point.x[1], point.y[1]],
          itemStyle: { opacity: 1, color: point.significant ? tone(point) : t.surface, borderColor: point.significant ? t.surface : t.c6, borderWidth: 2, borderType: point.significant ? "solid" : "dashed" },
          label: { show: true, formatter: point.label, position: point.x[1] > across.min + 0.72 * (across.max - across.min) ? "left" : "right", distance: 8, offset: [0, -10], color: point.significant ? t.ink : t["ink-3"] },
        })),
        markArea: { silent: true, data: areas },
        z: 4,
      },
    ],
  };
}
