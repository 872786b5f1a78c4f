// Pages of figures: printing, and rows that unfold. Everything else is links.
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});
document.querySelectorAll("[data-print]").forEach((button) => (button.hidden = false));
