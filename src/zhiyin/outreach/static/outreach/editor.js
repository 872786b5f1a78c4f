// The policy editor: line numbers that keep up with the text, and problems that lead to their line.
const numbers = document.querySelector(".o-lines");
const text = document.getElementById("toml");

function renumber() {
  const lines = text.value.split("\n").length;
  text.rows = Math.max(lines, 12);
  if (numbers.childElementCount === lines) return;
  numbers.replaceChildren(
    ...Array.from({ length: lines }, (_, place) => {
      const line = document.createElement("span");
      line.textContent = `${place + 1}\n`;
      return line;
    }),
  );
}

function select(line) {
  const before = text.value.split("\n").slice(0, line - 1).join("\n").length;
  const start = line > 1 ? before + 1 : 0;
  const end = text.value.indexOf("\n", start);
  text.focus();
  text.setSelectionRange(start, end < 0 ? text.value.length : end);
}

if (text && numbers) {
  text.addEventListener("input", renumber);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-line]");
    if (!link) return;
    event.preventDefault();
    text.closest("details")?.setAttribute("open", "");
    numbers.children[link.dataset.line - 1]?.scrollIntoView({ block: "center" });
    select(Number(link.dataset.line));
  });
}
