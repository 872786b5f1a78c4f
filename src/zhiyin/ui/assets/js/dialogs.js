// Dialogs, drawers and menus out of the browser's own elements.
export function startDialogs() {
  // Whatever is loaded into a dialog opens it; Esc closes it and gives the focus back by itself.
  document.addEventListener("htmx:afterSwap", (event) => {
    const dialog = event.detail.target.closest("dialog");
    if (dialog && !dialog.open) dialog.showModal();
    if (dialog) document.dispatchEvent(new CustomEvent("zhiyin:opened", { detail: dialog }));
  });
  document.addEventListener("click", (event) => {
    const closer = event.target.closest("[data-close]");
    if (closer || event.target.matches("dialog")) event.target.closest("dialog")?.close();
    const opener = event.target.closest("[data-open]");
    if (opener) document.getElementById(opener.dataset.open)?.showModal();
    document.querySelectorAll("details.z-menu[open]").forEach((menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.z-menu[open]").forEach((menu) => {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });
  // A filter that applies at once: <form data-auto-submit>. Its button stays for those without the script.
  document.addEventListener("change", (event) => {
    event.target.closest("form[data-auto-submit]")?.requestSubmit();
  });
  // Text to the clipboard: <button data-copy="#id of the text">.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy)?.innerText ?? "");
    document.dispatchEvent(new CustomEvent("zhiyin:toast", { detail: { text: button.dataset.copied } }));
  });
  // An answer moves the focus to the new heading when what was pressed is gone with the focus. Settling comes a moment
  // after the swap: whoever already presses on has put the focus somewhere themselves, and keeps it.
  document.addEventListener("htmx:afterSettle", (event) => {
    const heading = event.detail.elt?.querySelector?.("[data-focus]");
    const isLost = [null, document.body].includes(document.activeElement);
    if (heading && isLost && !document.contains(event.detail.requestConfig?.elt)) heading.focus();
  });
  document.querySelector(".z-errors")?.focus();
}
