// What only the workbench needs: close the dialog when the case behind it has changed, mark the chosen case for narrow
// screens, leave a field by Esc, and take a full number off the screen when its time is up. Every page works without it.
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id !== "case" && event.detail.elt?.id !== "case") return;
  document.getElementById("dialog")?.close();
  document.getElementById("bench")?.classList.add("is-chosen");
});

document.addEventListener("zhiyin:opened", (event) => {
  const number = event.detail.querySelector("[data-vanish]");
  if (number) setTimeout(() => vanish(number), 1000 * Number(number.dataset.vanish));
});

// Closing the dialog early takes the number away at once.
document.getElementById("dialog")?.addEventListener("close", (event) => {
  const number = event.target.querySelector("[data-vanish]");
  if (number) number.remove();
});

// Esc leaves a field, so that the single keys work again after a note.
document.getElementById("bench")?.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches("input, textarea, select")) event.target.blur();
});

function vanish(number) {
  number.closest("dialog")?.close();
  number.remove();
}
