// Text and elements. Names come from the measured program: they become text nodes, never markup.
const H = {};
(() => {
  "use strict";
  const harmful = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g;

  // Control characters and marks that would turn a line around are shown.
  H.clean = (text) => String(text).replace(harmful, (c) => "\\u{" + c.codePointAt(0).toString(16) + "}");

  const fill = (element, properties, children) => {
    for (const [name, value] of Object.entries(properties || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : H.clean(value));
    }
    for (const child of children.flat(Infinity)) {
      if (child === undefined || child === null || child === false) continue;
      element.append(child instanceof Node ? child : document.createTextNode(H.clean(child)));
    }
    return element;
  };
  H.el = (tag, properties, ...children) => fill(document.createElement(tag), properties, children);
  H.svg = (tag, properties, ...children) =>
    fill(document.createElementNS("http://www.w3.org/2000/svg", tag), properties, children);
  H.by = (id) => document.getElementById(id);

  const scaled = (value, units, base) => {
    let size = Math.abs(value), unit = 0;
    while (size >= base && unit < units.length - 1) { size /= base; unit++; }
    const digits = unit === 0 || size >= 100 ? 0 : size >= 10 ? 1 : 2;
    return (value < 0 ? "−" : "") + size.toFixed(digits).replace(/\.0+$/, "") + " " + units[unit];
  };
  H.bytes = (value) => scaled(value, ["B", "KiB", "MiB", "GiB", "TiB"], 1024);
  H.nanoseconds = (value) => scaled(value, ["ns", "µs", "ms", "s"], 1000);
  H.seconds = (value) => (value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toFixed(3)) + " s";
  H.count = (value) => Math.round(value).toLocaleString("en-US");
  H.cycles = (n) => H.count(n) + (n === 1 ? " GC cycle" : " GC cycles");
  H.amount = (value, unit) =>
    unit === "B" ? H.bytes(value) : unit === "ns" ? H.nanoseconds(value) : H.count(value);
  H.signed = (text) => (text.startsWith("−") ? text : "+" + text);

  // Without directories, as the terminal shows it; a slash in type arguments is none of the path.
  H.short = (name) => {
    const at = name.indexOf("["), bare = at < 0 ? name : name.slice(0, at);
    return name.slice(bare.lastIndexOf("/") + 1);
  };
  H.base = (path) => path.slice(path.lastIndexOf("/") + 1);
  H.css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
})();
