// What is looked at: a run, two of its cycles, the cycle under the pointer, a stretch of time, a finding. Whoever shows
// something of it listens; the address of the page has it, so that a link leads to the same.
(() => {
  "use strict";
  const { view, panels } = JSON.parse(H.by("data").textContent);
  Object.assign(H, { view, panels, runs: panels.runs });
  const listeners = {};
  H.on = (what, listener) => (listeners[what] ||= []).push(listener);
  const tell = (what) => (listeners[what] || []).forEach((listener) => listener());

  const state = { run: 0, from: 0, to: 0, hover: null, zoom: null, finding: null, shown: false };
  H.state = state;
  H.run = () => H.runs[state.run];

  // A cycle's number; of one that has none its place in the list, if the list has all of them.
  H.cycleName = (run, i) => {
    const { cycle, total } = run.cycles, number = cycle[i] || (total > cycle.length ? 0 : i + 1);
    return number ? "#" + H.count(number) : "";
  };
  // Moments that can be selected: GC cycles, or checkpoints of a run without any.
  let marks = [];
  H.marks = () => marks;
  const marksOf = (run) => {
    if (!run) return [];
    const of = (times, name) => times.map((t, index) => ({ t: t / 1e6, index, ...name(index) }));
    if (run.cycles.at.length) {
      return of(run.cycles.at, (i) => ({ cycle: i, label: H.cycleName(run, i) }));
    }
    return of(run.growth_times, (i) => ({ cycle: -1, label: "checkpoint " + run.growth.points[i].checkpoint }));
  };
  H.markName = (mark) => (mark.cycle < 0 ? mark.label : mark.label ? "GC cycle " + mark.label.slice(1) : "a GC cycle");
  H.markAt = (t) => {
    let low = 0, high = marks.length - 1;
    if (high < 0) return null;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (marks[middle].t < t) low = middle + 1; else high = middle;
    }
    return low > 0 && t - marks[low - 1].t < marks[low].t - t ? low - 1 : low;
  };

  // The checkpoint that shows the heap of a cycle: the one that says so, or the nearest.
  H.pointOf = (index) => {
    const run = H.run(), mark = marks[index];
    if (!run?.growth || !mark) return -1;
    const number = mark.cycle < 0 ? 0 : run.cycles.cycle[mark.cycle];
    const exact = run.growth.points.findLastIndex((point) => number > 0 && point.cycle === number);
    if (exact >= 0) return exact;
    let best = 0;
    run.growth_times.forEach((t, i) => {
      if (Math.abs(t / 1e6 - mark.t) < Math.abs(run.growth_times[best] / 1e6 - mark.t)) best = i;
    });
    return best;
  };
  const markOfPoint = (point) => {
    const run = H.run(), number = run.growth.points[point].cycle;
    const exact = marks.findIndex((mark) => mark.cycle >= 0 && run.cycles.cycle[mark.cycle] === number);
    return exact >= 0 ? exact : H.markAt(run.growth_times[point] / 1e6);
  };

  // From the end of warm-up to the last checkpoint; without checkpoints, the whole run.
  H.wholeSelection = () => {
    const growth = H.run()?.growth, last = marks.length - 1;
    if (!growth || growth.points.length < 2) return [0, Math.max(last, 0)];
    const first = Math.min(growth.warm_up, growth.points.length - 2);
    return [markOfPoint(first), markOfPoint(growth.points.length - 1)];
  };
  H.select = (from, to) => {
    const last = Math.max(marks.length - 1, 0), inside = (index) => Math.min(Math.max(index ?? 0, 0), last);
    const [a, b] = [inside(from), inside(to)];
    [state.from, state.to] = a <= b ? [a, b] : [b, a];
    tell("select");
    address();
  };
  H.hover = (index) => {
    if (index === state.hover) return;
    state.hover = index;
    tell("hover");
  };
  H.zoom = (range) => {
    state.zoom = range;
    tell("zoom");
  };
  H.showRun = (index) => {
    if (!H.runs[index]) return;
    Object.assign(state, { run: index, hover: null, zoom: null });
    marks = marksOf(H.run());
    [state.from, state.to] = H.wholeSelection();
    state.shown = true;
    tell("run");
    tell("select");
    address();
  };
  H.showFinding = (fingerprint) => {
    state.finding = fingerprint;
    tell("finding");
    address();
  };

  const runParts = ({ run }) => [run.variant, run.mode, run.repeat, ...(run.test ? [run.test] : [])];
  const runWords = (run) => runParts(run).map(encodeURIComponent).join("/");
  const address = () => {
    const words = [];
    if (H.run()) words.push("run=" + runWords(H.run()), "cycles=" + state.from + "-" + state.to);
    if (state.finding) words.push("finding=" + encodeURIComponent(state.finding));
    const hash = "#" + words.join("&");
    if (hash !== location.hash) history.replaceState(null, "", hash);
  };
  H.readAddress = () => {
    if (H.run() && state.shown && !location.hash.includes("=")) return; // a place in the page
    const words = new URLSearchParams(location.hash.slice(1).replaceAll("+", "%2B"));
    const [wanted, cycles, finding] = ["run", "cycles", "finding"].map((name) => words.get(name));
    const place = (run) => runParts(run).join("/") === wanted;
    const index = wanted ? H.runs.findIndex(place) : firstRun();
    H.showRun(Math.max(index, 0));
    const range = /^(\d+)-(\d+)$/.exec(cycles || "");
    if (range) H.select(+range[1], +range[2]);
    if (finding && wanted) H.showFinding(finding);
    else if (finding) H.reveal(H.view.findings.findIndex((one) => one.fingerprint === finding));
  };
  // The first natural run: the program as it is; without one, the first that shows what grew.
  const firstRun = () => {
    const ways = [(run) => run.run.mode === "natural" && run.ok, (run) => run.growth?.points.length > 1];
    return Math.max(ways.map((way) => H.runs.findIndex(way)).find((index) => index >= 0) ?? 0, 0);
  };
})();
