// The journey's keys: ← → move between stages, ↑ ↓ between moments, Enter opens (the browser's own), Esc closes the
// panel and gives the focus back to its moment. Where there is no room beside the map the panel comes as a drawer, and
// on a phone as a page. Every moment is a plain link without this.
const NARROW = matchMedia("(max-width: 1199px)");
const PHONE = matchMedia("(max-width: 767px)");
const FIELDS = "input, textarea, select, [contenteditable]";

const columns = () =>
  [...document.querySelectorAll(".j-map > li:not(.j-line)")].map((stage) => {
    const links = [...stage.querySelectorAll("a[data-moment]")];
    return links.filter((link) => link.checkVisibility());
  });

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(FIELDS)) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") return closePanel(event);
  if (document.body.dataset.keys === "off" || !event.key.startsWith("Arrow")) return;
  const found = columns();
  const stage = found.findIndex((links) => links.includes(document.activeElement));
  if (stage < 0) {
    // From elsewhere on the page the arrows scroll, as everywhere; from the page itself they enter the map.
    if (document.activeElement !== document.body && !document.activeElement.matches("main, .j-map a")) return;
    return focus(document.querySelector("a[data-moment][aria-current]") ?? found.flat()[0], event);
  }
  const place = found[stage].indexOf(document.activeElement);
  if (event.key === "ArrowDown") focus(found[stage][place + 1], event);
  else if (event.key === "ArrowUp") focus(found[stage][place - 1], event);
  else {
    const step = event.key === "ArrowRight" ? 1 : -1;
    let next = stage + step;
    while (found[next] && !found[next].length) next += step;
    if (found[next]) focus(found[next][Math.min(place, found[next].length - 1)], event);
    else event.preventDefault();
  }
});

function focus(link, event) {
  event.preventDefault();
  link?.focus();
  link?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function closePanel(event) {
  const panel = document.getElementById("panel");
  if (!panel?.childElementCount) return;
  event.preventDefault();
  const link = document.querySelector("a[data-moment][aria-current]");
  panel.replaceChildren();
  document.querySelector(".j-page").classList.remove("has-panel");
  link?.removeAttribute("aria-current");
  link?.focus();
  const address = document.querySelector(".j-page").dataset.closed;
  if (address) history.pushState(null, "", address);
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
  const closer = event.target.closest("[data-close-panel]");
  if (!closer) return;
  if (closer.closest("dialog")) event.preventDefault(); // the dialog closes by itself
  else closePanel(event);
});

document.addEventListener("htmx:beforeRequest", (event) => {
  if (!event.target.matches("a[data-moment]") || !PHONE.matches) return;
  event.preventDefault();
  location.assign(event.target.href);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "panel" && NARROW.matches) event.detail.target = document.getElementById("drawer");
});

document.addEventListener("htmx:afterSwap", (event) => {
  const link = event.detail.requestConfig?.elt;
  if (!link?.matches?.("a[data-moment]")) return;
  document.querySelector("a[data-moment][aria-current]")?.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
  if (event.detail.target.id === "panel") document.querySelector(".j-page").classList.add("has-panel");
  event.detail.target.querySelector("[data-focus]")?.focus({ preventScroll: true });
});

// What somebody has unfolded stays so when newer figures come in.
const unfolded = new Set();
document.addEventListener("toggle", ({ target }) => {
  if (!target.matches(".j-more")) return;
  if (target.open) unfolded.add(target.id);
  else unfolded.delete(target.id);
}, true);
document.addEventListener("zhiyin:refreshed", () => {
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
});

document.querySelectorAll("[data-print]").forEach((button) => (button.hidden = false));
