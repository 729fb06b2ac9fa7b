// Elements, without markup in strings: what a file is called is never read as HTML.

/** A new element. `onclick` and the like are listeners, `true` is an attribute without a value. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** The same for drawings. */
export function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** A class's name, that breaks at its dots alone. */
export function className(name) {
  const parts = name.split(/(?<=[._-])/);
  return parts.flatMap((part, place) => (place === 0 ? [part] : [element("wbr"), part]));
}

/** A sign that says what colour says, for those who do not see it. */
export function sign(level) {
  const signs = { clean: "✓", warning: "!", error: "✕", unknown: "?" };
  return element("span", { class: "sign", "aria-hidden": "true" }, signs[level]);
}
