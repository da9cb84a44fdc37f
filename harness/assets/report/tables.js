// Tables: the cycles of the run that is shown, variants, builds, and what else a reader should know.
(() => {
  "use strict";
  const { el } = H;
  const names = {
    stw: "stopped", mark: "mark", assist: "assist", heap_start: "at start", heap_live: "heap live", goal: "goal",
    inuse_space: "in use", inuse_objects: "objects", goroutines: "goroutines",
  };
  const PRINTED = 150; // rows on paper, three pages
  const figure = /^[-+~−]?[\d.,]+( ?(B|KiB|MiB|GiB|ns|us|µs|ms|s|%|goroutines|objects|descriptors|threads)(\/\S+)?)?( \([^)]*\))?$/;

  // Flags are not torn at their hyphens.
  const words = (cell) => (/(^| )-/.test(cell) && !figure.test(cell) && cell !== "-" ? cell.split(" ").flatMap((word) => [el("span", { class: "word" }, word), " "]) : cell);
  const table = ({ header, rows, title }) => {
    const figures = header.map((_, i) => i > 0 && rows.some((row) => figure.test(row[i])));
    const cell = (text, i) => (i === 0 ? el("th", { scope: "row" }, text)
      : el("td", { class: figure.test(text) || (figures[i] && text === "-") ? "num" : null }, words(text)));
    return el("div", { class: "wide" }, el("table", {},
      el("caption", { class: "hidden" }, title),
      el("thead", {}, el("tr", {}, header.map((word, i) => el("th", { scope: "col", class: figures[i] ? "num" : null }, word)))),
      el("tbody", {}, rows.map((row) => el("tr", {}, row.map(cell))))));
  };

  // Of many lines the first ones; the others are there to unfold.
  const LINES = 10;
  const lines = (all) => {
    const list = (some) => el("ul", {}, some.map((line) => el("li", {}, line)));
    if (all.length <= LINES + 2) return list(all);
    return [list(all.slice(0, LINES)), el("details", {}, el("summary", {}, H.count(all.length - LINES) + " more"), list(all.slice(LINES)))];
  };

  const cycles = (place) => {
    const run = H.run(), { cycle, at, forced, columns, total } = run.cycles;
    const told = (column) => {
      const sure = column.confidence && column.confidence !== "high" ? ", confidence " + column.confidence : "";
      return "from " + column.sources.join(" and ") + sure;
    };
    const left = total > cycle.length ? "; here are " + H.count(cycle.length) + ", those that stand out and others evenly" : "";
    const printed = (i) => cycle.length <= PRINTED || i === cycle.length - 1 || Math.floor((i * PRINTED) / cycle.length) > Math.floor(((i - 1) * PRINTED) / cycle.length);
    const paper = cycle.length > PRINTED ? " On paper are " + H.count(cycle.filter((_, i) => printed(i)).length) + ", evenly." : "";
    const all = total > cycle.length || paper ? " All of them: " + (H.view.capture ? "harness report " + H.view.capture + " --format csv" : "--format csv") + "." : "";
    const unjoined = run.unjoined ? " " + H.cycles(run.unjoined) + " of gctrace left out: nothing joins them with the trace's." : "";
    const guessed = run.cycles_are_guessed ? " Times are from gctrace, to a millisecond." : "";
    const body = el("tbody", {}, cycle.map((_, i) => el("tr", { "data-index": i, tabindex: i === 0 ? 0 : -1, class: printed(i) ? null : "on-screen" },
      el("th", { scope: "row" }, H.cycleName(run, i).slice(1) || "–", el("span", { class: "mark" })),
      el("td", { class: "num" }, H.seconds(at[i] / 1e6)),
      columns.map((column) => el("td", { class: "num" }, column.values[i] === null ? "" : H.amount(column.values[i], column.unit))),
      el("td", {}, forced[i] ? "forced" : ""))));
    const head = el("tr", {}, el("th", { scope: "col" }, "cycle"), el("th", { scope: "col" }, "at"),
      columns.map((column) => el("th", { scope: "col", title: told(column) }, names[column.name] || column.name, el("small", {}, column.sources.join(", ")))),
      el("th", { scope: "col" }, ""));
    const index = (event) => {
      const row = event.target.closest("tr[data-index]");
      return row ? +row.dataset.index : null;
    };
    const choose = (nth, from) => (from || nth < H.state.from ? H.select(nth, H.state.to) : H.select(H.state.from, nth));
    body.addEventListener("mouseover", (event) => H.hover(index(event)));
    body.addEventListener("mouseleave", () => H.hover(null));
    body.addEventListener("click", (event) => choose(index(event), event.shiftKey));
    body.addEventListener("keydown", (event) => {
      const nth = index(event), to = { ArrowDown: nth + 1, ArrowUp: nth - 1 }[event.key];
      if (event.key === "Enter") choose(nth, event.shiftKey);
      else if (to === undefined || !body.children[to]) return;
      else {
        body.children[nth].tabIndex = -1;
        body.children[to].tabIndex = 0;
        body.children[to].focus();
        H.hover(to);
      }
      event.preventDefault();
      event.stopPropagation();
    });
    if (!cycle.length) {
      place.replaceChildren(el("p", {}, H.runName(run) + ": no GC cycle is known."));
      return;
    }
    place.replaceChildren(
      el("p", { class: "faint" }, H.runName(run) + ": " + H.cycles(total) + left + ".", el("span", { class: "on-paper" }, paper), el("span", { class: "on-screen" }, " Click a row, or shift-click for the first of the two."), guessed + unjoined + all),
      el("div", { class: "wide tall" }, el("table", { class: "cycles" }, el("thead", {}, head), body)));
  };
  const mark = (place) => {
    const { from, to } = H.state;
    place.querySelectorAll("tr[data-index]").forEach((row) => {
      const nth = +row.dataset.index;
      row.classList.toggle("inside", nth >= from && nth <= to);
      row.querySelector(".mark").textContent = nth === from ? " from" : nth === to ? " to" : "";
    });
  };
  let hovered = null;
  const point = (place) => {
    hovered?.classList.remove("hover");
    hovered = H.state.hover === null ? null : place.querySelector(`tr[data-index="${H.state.hover}"]`);
    hovered?.classList.add("hover");
    const box = place.querySelector(".tall");
    if (!hovered || !box || box.matches(":hover") || box.contains(document.activeElement)) return;
    box.scrollTop = hovered.offsetTop - box.clientHeight / 2;
  };

  const section = (title, open, ...content) => el("details", { class: "section", open }, el("summary", {}, el("h2", {}, title)), content);

  H.tables = () => {
    const place = H.by("details"), { tables, lists, texts } = H.view;
    place.append(...texts.map((text) => section(text.title, true, el("pre", {}, text.lines.join("\n")))));
    if (H.runs.length) {
      const box = el("div");
      H.by("cycles").append(section("GC cycles", true, box));
      H.on("run", () => cycles(box));
      H.on("select", () => mark(box));
      H.on("hover", () => point(box));
    }
    place.append(...tables.map((one) => section(one.title, true, table(one))));
    place.append(...[H.builds(section), H.debugged(section)].filter(Boolean));
    place.append(...lists.map((list) => section(list.title, true, lines(list.lines))));
    place.append(section("This capture", true, el("dl", {}, H.view.facts.map(([name, value]) => [el("dt", {}, name), el("dd", {}, el("code", {}, value))]))));
  };
})();
