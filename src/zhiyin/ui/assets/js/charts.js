// Charts out of <script type="application/json"> beside a table that says the same. Colours come from the tokens and are
// read again when the theme changes; nothing moves; whatever colour tells, a shape, a dash or a word tells too.
import { bars, contribution, quadrants, trend } from "./options.js";
import { tokens } from "./tokens.js";

const KINDS = { trend, bars, contribution, quadrants };
const drawn = new Map();

export function drawCharts(root) {
  const figures = [...root.querySelectorAll("figure.z-chart:not(.is-drawn)")];
  if (!figures.length) return;
  if (window.zhiyinCharts) figures.forEach(draw);
  else loadLibrary();
}

export function watchCharts() {
  document.addEventListener("zhiyin:charts-loaded", () => drawCharts(document));
  for (const event of ["htmx:load", "zhiyin:refreshed"]) {
    document.addEventListener(event, (happened) => {
      for (const [figure, chart] of drawn) if (!figure.isConnected) (chart.dispose(), drawn.delete(figure));
      drawCharts(happened.target.parentNode ?? document);
    });
  }
  document.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-chart-toggle]");
    if (!toggle) return;
    const figure = document.getElementById(toggle.dataset.chartToggle);
    toggle.setAttribute("aria-pressed", String(figure.classList.toggle("is-table")));
    drawn.get(figure)?.resize();
  });
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  // Paper is light: take the light tokens for as long as the page is being printed.
  const root = document.documentElement;
  addEventListener("beforeprint", () => {
    root.dataset.screenTheme = root.dataset.bsTheme;
    root.dataset.bsTheme = "light";
    redraw();
  });
  addEventListener("afterprint", () => (root.dataset.bsTheme = root.dataset.screenTheme));
}

function draw(figure) {
  const box = figure.querySelector("[data-chart]");
  figure.classList.add("is-drawn");
  const locale = document.documentElement.lang.startsWith("zh") ? "ZH" : "EN";
  const chart = window.zhiyinCharts.init(box, null, { renderer: "svg", locale });
  drawn.set(figure, chart);
  chart.setOption(option(figure));
  new ResizeObserver(() => chart.isDisposed() || chart.resize()).observe(box);
}

function option(figure) {
  const config = JSON.parse(figure.querySelector("script").textContent);
  return KINDS[config.kind](config, tokens(), figure.querySelector("[data-chart]").clientWidth);
}

function redraw() {
  for (const [figure, chart] of drawn) chart.setOption(option(figure), { notMerge: true });
}

function loadLibrary() {
  if (document.querySelector("script[data-charts]")) return; // the page brings it itself, or it is on its way
  const script = document.createElement("script");
  script.src = document.body.dataset.charts;
  script.dataset.charts = "";
  document.head.append(script);
}
