// Single keys, declared where they act: data-key="n" presses that element (or focuses it when it is a field).
// J and K move through the rows of the first [data-rows]. Nothing fires in a field, with Ctrl, Alt or Meta, in an open
// dialog, or when the reader has switched single keys off; Ctrl K and Esc are not single keys and stay.
const FIELDS = "input, textarea, select, [contenteditable]";

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") return focusSearch(event);
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.body.dataset.keys === "off" || event.target.closest(FIELDS)) return;
    if (document.querySelector("dialog[open]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const target = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (target) {
      event.preventDefault();
      if (target.matches(FIELDS)) return target.focus();
      window.htmx?.process(target); // what was swapped in a blink ago is not bound yet, and would leave the page
      target.click();
    } else if (key === "/") focusSearch(event);
    else if (key === "j" || key === "k") move(key === "j" ? 1 : -1, event);
  });
}

function focusSearch(event) {
  const field = document.querySelector(".z-search input");
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.select();
}

function move(step, event) {
  const rows = [...(document.querySelector("[data-rows]")?.querySelectorAll("a[href], [data-row]") ?? [])]
    .filter((row) => row.getClientRects().length); // what is not shown cannot take the focus
  if (!rows.length) return;
  event.preventDefault();
  const here = rows.findIndex((row) => row === document.activeElement);
  const chosen = here >= 0 ? here : rows.findIndex((row) => row.hasAttribute("aria-current"));
  rows[Math.min(Math.max(chosen + step, 0), rows.length - 1)].focus();
}
