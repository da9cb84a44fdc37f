// Puts the page together: verdict, choice of the run, keys.
(() => {
  "use strict";
  const { el, view } = H;

  H.runName = (run) => run.run.variant + ", " + mode(run);
  const mode = (run) => (run.run.test ? run.run.test + ", " : "") + run.run.mode + " run" + (repeats() > 1 ? " " + run.run.repeat : "") + (run.ok ? "" : " (failed)");
  const repeats = () => Math.max(1, ...H.runs.map((run) => run.run.repeat));

  // A few reasons; further ones are there to unfold.
  const REASONS = 6;
  const list = (reasons) => {
    const lines = (some) => el("ul", {}, some.map((reason) => el("li", {}, el("span", { class: "lines" }, reason))));
    if (reasons.length <= REASONS + 1) return reasons.length ? [lines(reasons)] : [];
    const rest = reasons.slice(REASONS);
    return [lines(reasons.slice(0, REASONS)), el("details", {}, el("summary", {}, H.count(rest.length) + " more reasons"), lines(rest))];
  };
  const header = () => {
    const tone = view.passed ? "good" : "bad";
    const reasons = view.reasons.length === 1 && view.reasons[0] === view.headline ? [] : view.reasons;
    H.by("top").append(...[
      el("h1", {}, el("span", { class: "badge " + tone }, (view.passed ? "✓ " : "✗ ") + view.outcome), view.scenario),
      view.description ? el("p", { class: "faint" }, view.description) : null,
      el("p", { class: "headline" }, view.headline),
      ...list(reasons),
    ].filter(Boolean));
  };

  const toolbar = () => {
    const variants = [...new Set(H.runs.map((run) => run.run.variant))];
    const variant = el("select", { id: "variant", onchange: () => choose(variant.value) }, variants.map((name) => el("option", { value: name }, name)));
    variants.forEach((name, i) => { variant.options[i].value = name; });
    const run = el("select", { id: "run", onchange: () => H.showRun(+run.value) });
    const choose = (name) => {
      const mode = H.run()?.run.mode;
      const same = H.runs.findIndex((run) => run.run.variant === name && run.run.mode === mode);
      H.showRun(same >= 0 ? same : H.runs.findIndex((run) => run.run.variant === name));
    };
    const slider = (id, name, moved) => {
      const input = el("input", { type: "range", id, min: 0, "aria-label": name + " GC cycle", oninput: () => moved(+input.value) });
      return input;
    };
    const from = slider("from", "first", (value) => H.select(value, Math.max(value, H.state.to)));
    const to = slider("to", "last", (value) => H.select(Math.min(value, H.state.from), value));
    const fromSay = el("output", { for: "from" }), toSay = el("output", { for: "to" });
    const button = (words, key, act) => el("button", { type: "button", title: "key " + key, onclick: act }, words);
    const zoom = button("Zoom in", "z", H.zoomIn), whole = button("Whole run", "0", H.zoomOut), reset = button("Reset", "r", H.resetSelection);
    H.by("toolbar").append(
      el("label", {}, "Variant ", variant), el("label", {}, "Run ", run),
      el("span", { class: "slides" }, el("label", { class: "slide" }, "from ", from, fromSay), el("label", { class: "slide" }, "to ", to, toSay)),
      zoom, whole, reset, el("button", { type: "button", title: "key ?", onclick: help }, "Keys"));
    H.on("run", () => {
      const now = H.run();
      variant.value = now.run.variant;
      const own = H.runs.map((run, i) => [run, i]).filter(([run]) => run.run.variant === now.run.variant);
      run.replaceChildren(...own.map(([one, i]) => el("option", { value: i }, mode(one))));
      run.value = H.state.run;
      H.by("drawn").textContent = H.clean("Drawn is " + H.runName(now) + (H.runs.length > 1 ? ", one of " + H.count(H.runs.length) + " runs in the page." : "."));
      from.max = to.max = Math.max(H.marks().length - 1, 0);
    });
    H.on("select", () => {
      from.value = H.state.from;
      to.value = H.state.to;
      const name = (index) => (H.marks()[index] ? H.marks()[index].label || H.seconds(H.marks()[index].t) : "");
      fromSay.textContent = name(H.state.from);
      toSay.textContent = name(H.state.to);
      from.setAttribute("aria-valuetext", name(H.state.from));
      to.setAttribute("aria-valuetext", name(H.state.to));
      readout();
    });
    H.on("hover", readout);
  };
  H.zoomIn = () => {
    const marks = H.marks(), [a, b] = [marks[H.state.from], marks[H.state.to]];
    if (!a || a === b) return;
    const edge = (b.t - a.t) * 0.05;
    H.zoom([Math.max(0, a.t - edge), b.t + edge]);
  };
  H.zoomOut = () => H.zoom(null);
  H.resetSelection = () => {
    H.zoom(null);
    H.select(...H.wholeSelection());
  };

  // How many cycles, if that is known: of a long run not all are here.
  const between = (run, from, to) => {
    const { cycle, total } = run.cycles, whole = cycle.length > 0 && total <= cycle.length;
    const n = cycle[from] && cycle[to] ? cycle[to] - cycle[from] : whole ? to - from : 0;
    return n ? ", " + H.cycles(n) : "";
  };
  // What is known of the cycle under the pointer, or of the selected ones.
  const readout = () => {
    const run = H.run(), marks = H.marks(), { hover, from, to } = H.state;
    const figures = (mark) => {
      if (mark.cycle < 0) return [];
      return run.cycles.columns.flatMap((column) => {
        const value = column.values[mark.cycle];
        const name = { heap_live: "live", goal: "goal", stw: "stopped", assist: "assist", goroutines: "goroutines" }[column.name];
        return value === null || !name ? [] : [name + " " + H.amount(value, column.unit)];
      });
    };
    const one = (mark) => [H.markName(mark), H.seconds(mark.t), ...figures(mark)].join(" · ");
    const text = hover !== null && marks[hover] ? one(marks[hover])
      : marks[from] ? "Selected: " + H.markName(marks[from]) + " (" + H.seconds(marks[from].t) + ") to " + H.markName(marks[to]) + " (" + H.seconds(marks[to].t) + ")" + between(run, from, to) : "";
    H.by("readout").textContent = H.clean(text);
  };

  const KEYS = [
    ["← →", "move the last of the two cycles; with Shift the first"], ["z, 0, r", "zoom in on them, whole run, reset"],
    ["v, Shift+v", "next run, run before"], ["n, p", "next finding, finding before"],
    ["arrows, Enter, Esc", "in the flame graph: go along calls, into one, out again"], ["?", "this help"],
  ];
  const help = () => H.by("help").showModal();
  const keys = (event) => {
    const typing = event.target.closest?.("input, select, textarea, dialog");
    if (event.ctrlKey || event.metaKey || event.altKey || (typing && event.key !== "?")) return;
    const { from, to, run } = H.state, by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const act = {
      z: H.zoomIn, 0: H.zoomOut, r: H.resetSelection, n: () => H.stepFinding(1), p: () => H.stepFinding(-1), "?": help,
      v: () => H.showRun((run + 1) % H.runs.length), V: () => H.showRun((run - 1 + H.runs.length) % H.runs.length),
    }[event.key];
    if (by && H.runs.length) event.shiftKey ? H.select(Math.min(from + by, to), to) : H.select(from, Math.max(to + by, from));
    else if (act) act();
    else return;
    event.preventDefault();
  };

  const footer = () => {
    const dialog = el("dialog", { id: "help", "aria-label": "Keys" }, el("h2", {}, "Keys"),
      el("dl", {}, KEYS.map(([key, does]) => [el("dt", {}, key), el("dd", {}, does)])),
      el("form", { method: "dialog" }, el("button", {}, "Close")));
    H.by("bottom").append(el("p", {}, "Written by harness " + view.harness + ". This page needs no network and sends nothing. Charts are drawn by uPlot (MIT licence)."), dialog);
    dialog.querySelector("form").addEventListener("submit", (event) => { event.preventDefault(); dialog.close(); });
  };

  // On paper everything is light and open.
  let folded = [];
  const paper = (on) => {
    if (on) folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((details) => { details.open = on; });
    document.documentElement.toggleAttribute("data-paper", on);
    H.hover(null);
    H.redraw();
    H.layOutGrowth?.();
  };

  header();
  H.findings();
  if (H.runs.length) {
    toolbar();
    H.memory();
    H.scheduler();
    H.growth();
  } else {
    H.by("panels").replaceChildren(el("p", { class: "empty" }, "No run was observed: there is nothing to draw."));
  }
  H.tables();
  footer();
  if (H.panels.left_out_runs) H.by("toolbar").append(el("span", { class: "faint" }, H.count(H.panels.left_out_runs) + " more runs are not drawn"));
  H.by("page").hidden = false;
  H.readAddress();
  addEventListener("keydown", keys);
  addEventListener("hashchange", H.readAddress);
  addEventListener("beforeprint", () => paper(true));
  addEventListener("afterprint", () => paper(false));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", H.redraw);
  document.documentElement.dataset.ready = "true";
})();
