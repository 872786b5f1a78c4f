// Short messages in the corner. One with an undo waits longer and counts down aloud only at its start.
const SECONDS = 5;

export function startToasts() {
  const corner = document.getElementById("toasts");
  if (!corner) return;
  corner.querySelectorAll(".z-toast").forEach(leaveLater);
  new MutationObserver((changes) => {
    for (const change of changes) change.addedNodes.forEach((node) => node.nodeType === 1 && leaveLater(node));
  }).observe(corner, { childList: true });
  corner.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) event.target.closest(".z-toast").remove();
  });
  // An answer may bring a toast by header: HX-Trigger: {"zhiyin:toast": {"text": "…", "tone": "error"}}
  document.addEventListener("zhiyin:toast", (event) => toast(event.detail.text, event.detail.tone));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.getResponseHeader("HX-Trigger")?.includes("zhiyin:toast")) return; // it said so itself
    const code = event.detail.xhr.getResponseHeader("X-Request-Id") || "";
    const short = code && ` ${code.slice(0, 4)}-${code.slice(4, 8)}`.toUpperCase();
    toast(`${corner.dataset.failed}${short}`, "error");
  });
  document.addEventListener("htmx:sendError", () => toast(corner.dataset.offline, "error"));
}

export function toast(text, tone = "success") {
  const corner = document.getElementById("toasts");
  const box = document.createElement("div");
  box.className = `z-toast ${tone}`;
  box.setAttribute("role", tone === "error" ? "alert" : "status");
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  corner?.append(box);
}

function leaveLater(box) {
  if (box.getAttribute("role") === "alert") return;
  const until = Date.now() + 1000 * (Number(box.dataset.seconds) || SECONDS);
  const left = box.querySelector("[data-left]");
  const tick = setInterval(() => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    if (left) left.textContent = Math.max(seconds, 0);
    // Nobody loses the button under their finger: a focused or hovered toast stays.
    if (seconds > 0 || box.matches(":hover, :focus-within")) return;
    clearInterval(tick);
    box.remove();
  }, 250);
}
