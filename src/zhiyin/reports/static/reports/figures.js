// Pages of figures: printing, and rows that unfold. Everything else is links.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
document.querySelectorAll("[data-print]").forEach((button) => (button.hidden = false));

// Esc closes the panel beside the matrix, as its own link does.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
  document.querySelector("[data-escape]")?.click();
});
