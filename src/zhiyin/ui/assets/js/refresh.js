// Live parts: <div id="queue" data-refresh="20" [data-url="/cases/?part=queue"]> asks every 20 seconds for its
// newer self, only while the page is looked at, and keeps focus, selection and scroll. Without an address it takes the
// same part out of this very page. A part somebody types in is left alone. After a failure it marks itself stale
// (.is-stale) and waits twice as long, up to five minutes.
const LONGEST = 300;
const seen = new WeakMap();

export function startRefresh() {
  const due = new WeakMap();
  setInterval(() => {
    if (document.visibilityState !== "visible") return;
    document.querySelectorAll("[data-refresh][id]").forEach((part) => {
      const state = due.get(part) ?? { wait: every(part), at: Date.now() + 1000 * every(part) };
      due.set(part, state);
      if (Date.now() < state.at || isBusy(part)) return;
      state.at = Infinity;
      refresh(part).then((worked) => {
        part.classList.toggle("is-stale", !worked);
        state.wait = worked ? every(part) : Math.min(state.wait * 2, LONGEST);
        state.at = Date.now() + 1000 * state.wait;
      });
    });
  }, 1000);
}

const every = (part) => Math.max(Number(part.dataset.refresh) || 60, 5);

function isBusy(part) {
  const field = part.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
  return field || Boolean(part.querySelector("details.z-menu[open], .htmx-request")) || !document.getSelection().isCollapsed;
}

async function refresh(part) {
  const url = part.dataset.url || location.href;
  const headers = { "HX-Request": "true", "HX-Target": part.id, "X-Zhiyin-Refresh": "1" };
  if (!part.dataset.url) delete headers["HX-Request"]; // the whole page, of which one part is taken
  try {
    const answer = await fetch(url, { headers, credentials: "same-origin" });
    if (answer.headers.has("HX-Redirect")) return location.reload(), false; // signed out meanwhile
    if (answer.status !== 200 || answer.redirected) return false;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const newer = page.getElementById(part.id) ?? (part.dataset.url ? page.body : null);
    if (!newer) return false;
    if (newer.innerHTML !== seen.get(part)) swap(part, newer.innerHTML);
    return true;
  } catch {
    return false;
  }
}

function swap(part, html) {
  const focused = part.contains(document.activeElement) ? address(document.activeElement) : null;
  const scrolled = [part, ...part.querySelectorAll("[id]")].filter((box) => box.scrollTop || box.scrollLeft);
  const places = scrolled.map((box) => [box.id, box.scrollTop, box.scrollLeft]);
  part.innerHTML = html;
  seen.set(part, html);
  window.htmx?.process(part);
  part.dispatchEvent(new CustomEvent("zhiyin:refreshed", { bubbles: true }));
  for (const [id, top, left] of places) document.getElementById(id)?.scrollTo({ top, left, behavior: "instant" });
  if (focused) part.querySelector(focused)?.focus({ preventScroll: true });
}

function address(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const href = element.getAttribute("href");
  return href ? `a[href="${CSS.escape(href)}"]` : null;
}
