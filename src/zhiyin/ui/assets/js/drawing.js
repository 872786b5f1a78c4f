// What all charts share: the frame, axes, numbers, marks, whiskers and the box under the pointer.
export function write(value, decimals, signed = false) {
  if (value === null || value === undefined || Number.isNaN(value)) return "—";
  const size = Math.abs(value).toLocaleString("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const isZero = !/[1-9]/.test(size);
  return `${isZero ? "" : value < 0 ? "−" : signed ? "+" : ""}${size}`;
}

export function frame(config, t, room) {
  return {
    animation: false,
    aria: { enabled: true, label: { description: config.summary || config.title } },
    textStyle: { fontFamily: t.font, fontSize: 12, color: t["ink-2"] },
    grid: { left: 4, right: 12, top: 12, bottom: 4, containLabel: true, ...room },
  };
}

const axisNumber = (config) => (value) => {
  const decimals = Number.isInteger(value) ? 0 : Math.min(2, Math.max(1, config.decimals));
  return `${write(value, decimals)}${config.suffix}`;
};

// A cut axis gets ticks that divide it evenly: 75, 78, 81, 84.
export function range(bottom, top) {
  if (bottom === null || top === null) return { min: bottom ?? undefined, max: top ?? undefined, scale: true };
  const parts = [4, 3, 5, 2].find((count) => Number.isInteger((top - bottom) / count));
  return { min: bottom, max: top, interval: parts && (top - bottom) / parts };
}

// The ends of an axis that shows all values and the cut, with some room around them.
export function extent(values, cut) {
  const known = [...values.filter((value) => value !== null), cut];
  const low = Math.min(...known);
  const high = Math.max(...known);
  const room = (high - low || 1) * 0.08;
  return { min: low - room < 0 && low >= 0 ? 0 : low - room, max: high + room };
}

export function horizontal(config, t, width) {
  const wrapped = { interval: 0, width: Math.max(36, width / config.labels.length - 4), overflow: "break", hideOverlap: false };
  return {
    type: "category",
    data: config.labels,
    axisLine: { lineStyle: { color: t["line-2"] } },
    axisTick: { show: false },
    axisLabel: { color: t["ink-3"], fontSize: 12, hideOverlap: true, ...(width && config.labels.length <= 12 ? wrapped : {}) },
  };
}

export function vertical(config, t, range, label) {
  return {
    type: "value",
    ...range,
    splitNumber: 4,
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: { color: t["ink-3"], fontSize: 12, formatter: axisNumber(config), ...label },
    splitLine: { lineStyle: { color: t.line, type: "dashed" } },
  };
}

// Events stand upright with their words on top; levels such as a target lie, with their words at the end.
export function markLine(marks, t) {
  const label = { color: t["ink-2"], fontSize: 12 };
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: t["ink-3"], type: [2, 3], width: 1 },
    data: marks.map((mark) =>
      mark.at === null
        ? { yAxis: mark.value, label: { ...label, formatter: mark.label, position: "end" } }
        : { xAxis: mark.at, label: { ...label, formatter: mark.label, position: "end", align: "center" } },
    ),
  };
}

// Whiskers of bars ({low, high}) or of points in the plane ({cross: points}).
export function whiskers({ low, high, cross }, t) {
  const style = { stroke: t["ink-3"], lineWidth: 1.5, fill: "none" };
  const stroke = (x1, y1, x2, y2) => ({ type: "line", shape: { x1, y1, x2, y2 }, style });
  const upright = (params, api) => {
    const [x, top] = api.coord([api.value(0), api.value(2)]);
    const bottom = api.coord([api.value(0), api.value(1)])[1];
    return { type: "group", children: [stroke(x, top, x, bottom), stroke(x - 4, top, x + 4, top), stroke(x - 4, bottom, x + 4, bottom)] };
  };
  const crossed = (params, api) => {
    const [left, low] = api.coord([api.value(0), api.value(1)]);
    const [right, high] = api.coord([api.value(2), api.value(3)]);
    const [x, y] = api.coord([api.value(4), api.value(5)]);
    return { type: "group", children: [stroke(left, y, right, y), stroke(x, low, x, high)] };
  };
  const data = cross
    ? cross.map(({ x, y }) => [x[0] ?? x[1], y[0] ?? y[1], x[2] ?? x[1], y[2] ?? y[1], x[1], y[1]])
    : low.map((from, at) => [at, from, high[at]]).filter((row) => row[1] !== null && row[2] !== null);
  const encode = cross ? { x: [0, 2], y: [1, 3] } : { x: 0, y: [1, 2] };
  return { type: "custom", renderItem: cross ? crossed : upright, data, encode, silent: true, tooltip: { show: false }, z: 3 };
}

// Built from text nodes, never from markup: labels come from people.
export function tooltip(config, t, trigger) {
  return {
    trigger,
    confine: true,
    transitionDuration: 0,
    padding: 0,
    borderWidth: 0,
    backgroundColor: "transparent",
    axisPointer: { type: "line", lineStyle: { color: t["line-2"] }, animation: false },
    formatter: (given) => {
      const items = [given].flat();
      const box = document.createElement("div");
      box.className = "z-chart-tip";
      const add = (tag, text) => (box.appendChild(document.createElement(tag)).textContent = text);
      if (config.points) plane(items[0], config, add);
      else rows(items[0].dataIndex, config, add);
      return box;
    },
  };
}

function rows(at, config, add) {
  add("b", config.labels[at]);
  const isSigned = config.kind === "contribution";
  for (const one of config.series) {
    const interval = one.low.length && one.low[at] !== null ? ` (${write(one.low[at], config.decimals)}–${write(one.high[at], config.decimals)})` : "";
    const size = one.n.length && one.n[at] !== null ? ` n = ${write(one.n[at], 0)}` : "";
    const suffix = one.second ? "%" : isSigned ? "" : config.suffix;
    add("span", `${one.name} ${write(one.values[at], isSigned ? 2 : config.decimals, isSigned)}${one.values[at] === null ? "" : suffix}${interval}${size}`);
    if (one.signals[at]) add("span", one.signals[at]);
    if (config.gaps?.[at]) add("span", config.gaps[at]);
  }
}

function plane(item, config, add) {
  const point = config.points[item.dataIndex];
  add("b", point.label);
  add("span", `${config.xLabel} ${write(point.x[1], 1)}${config.xSuffix}`);
  add("span", `${config.yLabel} ${write(point.y[1], config.decimals)}`);
}
