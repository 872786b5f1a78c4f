// What the explorer adds to plain pages: on a phone the question starts folded, a chart can be saved as a picture, tiles
// can be dragged. Asking, sorting, saving and moving are links and forms that work without this.
const PHONE = matchMedia("(max-width: 767px)");

function ready(root) {
  root.querySelectorAll("[data-print], [data-picture]").forEach((one) => (one.hidden = false));
}

document.addEventListener("DOMContentLoaded", () => {
  if (PHONE.matches) document.getElementById("ask")?.removeAttribute("open");
  ready(document);
});
if (document.readyState !== "loading") ready(document);
for (const event of ["htmx:load", "zhiyin:refreshed"]) document.addEventListener(event, () => ready(document));

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
  const saver = event.target.closest("[data-save]");
  if (!saver) return;
  saver.closest("details").open = false;
  const sheet = saver.closest("section");
  const drawing = sheet.querySelector("[data-chart] svg");
  if (drawing) save(drawing, sheet, saver.dataset.save);
});

// The picture is the chart on the page's own ground with its title and its note on top, so that it can stand alone.
async function save(drawing, sheet, kind) {
  const head = 44;
  const { width, height } = drawing.getBoundingClientRect();
  const picture = drawing.cloneNode(true);
  const style = getComputedStyle(sheet);
  const make = (tag, given, text = "") => {
    const one = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(given)) one.setAttribute(name, value);
    one.textContent = text;
    return one;
  };
  const body = make("g", { transform: `translate(0 ${head})` });
  body.append(...picture.childNodes);
  const font = { "font-family": style.fontFamily, fill: style.color };
  const note = [sheet.querySelector("header small"), sheet.closest(".x-page, .x-tile")?.querySelector(".x-n")];
  picture.replaceChildren(
    make("rect", { width: "100%", height: "100%", fill: style.backgroundColor }),
    make("text", { x: 12, y: 20, "font-size": 14, "font-weight": 600, ...font }, sheet.querySelector("h2").textContent.trim()),
    make("text", { x: 12, y: 37, "font-size": 11, ...font, opacity: 0.75 }, note.map((one) => one?.textContent.trim()).filter(Boolean).join(" · ")),
    body,
  );
  for (const name of ["style", "class"]) picture.removeAttribute(name);
  picture.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  picture.setAttribute("viewBox", `0 0 ${width} ${height + head}`);
  picture.setAttribute("width", width);
  picture.setAttribute("height", height + head);
  const text = new XMLSerializer().serializeToString(picture);
  const name = `${sheet.querySelector("h2").textContent.trim().replace(/[^\p{L}\p{N}]+/gu, "-")}.${kind}`;
  if (kind === "svg") return offer(new Blob([text], { type: "image/svg+xml" }), name);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = width * 2; // sharp on paper and on slides
  canvas.height = (height + head) * 2;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => offer(blob, name), "image/png");
}

function offer(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Tiles: dragging one over another takes its place; the buttons beside do the same without a mouse.
let dragged = null;
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".x-tile[draggable]");
  dragged?.classList.add("is-dragged");
});
document.addEventListener("dragover", (event) => {
  const over = event.target.closest?.(".x-tile[draggable]");
  document.querySelectorAll(".x-tile.is-over").forEach((one) => one !== over && one.classList.remove("is-over"));
  if (!dragged || !over) return;
  event.preventDefault();
  over.classList.toggle("is-over", over !== dragged);
});
document.addEventListener("drop", (event) => {
  const over = event.target.closest?.(".x-tile[draggable]");
  if (!dragged || !over || over === dragged) return;
  event.preventDefault();
  const form = dragged.querySelector("form[data-move]");
  form.querySelector("[name=before]").value = over.dataset.tile;
  form.requestSubmit(form.querySelector("[data-drop]"));
});
document.addEventListener("dragend", () => {
  document.querySelectorAll(".x-tile").forEach((one) => one.classList.remove("is-dragged", "is-over"));
  dragged = null;
});
