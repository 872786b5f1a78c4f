// The design tokens as the style sheet has them at this moment.
export function tokens() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = "surface surface-2 surface-3 line line-2 ink ink-2 ink-3 good bad good-soft bad-soft bad-ink c1 c2 c3 c4 c5 c6";
  const found = Object.fromEntries(names.split(" ").map((name) => [name, read(name)]));
  return { ...found, font: getComputedStyle(document.body).fontFamily };
}
