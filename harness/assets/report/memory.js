// Panel a: live heap, goal and resident set over time, and what is in use by allocation site, one on another.
(() => {
  "use strict";
  const SITES = 6;
  // A goal that is so much higher than all else would leave no room for it: it is drawn when asked for.
  const FAR = 4, FAR_GOAL = "far goal";
  H.hideFirst(FAR_GOAL);
  const most = (values) => values.reduce((a, b) => Math.max(a, b ?? 0), 0);

  // The nearest frame of the program's own code, or of a library's.
  const siteOf = (growth, stack) => {
    const frames = stack.frames.map((index) => growth.frames[index]);
    const of = (owner) => frames.find((frame) => frame.owner === owner);
    return of("main-module") || of("dependency") || frames[0];
  };
  H.sites = (run) => {
    const growth = run.growth;
    if (!growth) return [];
    const sites = new Map();
    const add = (key, name, function_, values) => {
      const site = sites.get(key) || { name, function: function_, values: values.map(() => 0) };
      values.forEach((value, i) => { site.values[i] += value; });
      sites.set(key, site);
    };
    for (const stack of growth.stacks) {
      const frame = siteOf(growth, stack);
      if (!frame) continue;
      const own = frame.owner === "main-module" || frame.owner === "dependency";
      if (!own) add("", "runtime and standard library alone", "", stack.space);
      else add(frame.function + ":" + frame.line, H.short(frame.function) + ":" + frame.line, frame.function, stack.space);
    }
    const all = [...sites.values()].sort((a, b) => Math.max(...b.values) - Math.max(...a.values));
    const shown = all.slice(0, SITES), rest = all.slice(SITES);
    const others = growth.other.space.map((value, i) => value + rest.reduce((sum, site) => sum + site.values[i], 0));
    if (others.some((value) => value > 0)) shown.push({ name: "other sites", values: others });
    return shown;
  };

  const seconds = (times) => times.map((t) => t / 1e6);
  const column = (run, name) => run.cycles.columns.find((column) => column.name === name);
  H.column = column;
  const ofCycles = (run, name) => {
    const found = column(run, name), t = [], v = [];
    found?.values.forEach((value, i) => {
      if (value === null) return;
      t.push(run.cycles.at[i] / 1e6);
      v.push(value);
    });
    return { t, v };
  };

  const lines = (run) => {
    const rss = run.checkpoints.filter((point) => point.rss !== null);
    const live = ofCycles(run, "heap_live"), goal = ofCycles(run, "goal");
    const traced = run.heap_goal.t.length > 0;
    const goals = traced ? run.heap_goal.v : goal.v;
    const top = Math.max(0, ...[run.heap_alloc.v, live.v, rss.map((point) => point.rss)].map(most));
    const far = top > 0 && most(goals) > FAR * top;
    return [
      { key: "alloc", name: "heap, objects", t: seconds(run.heap_alloc.t), v: run.heap_alloc.v, kind: "line",
        stroke: () => H.css("--c5"), width: 1, title: "HeapAlloc events of the trace: rises until a cycle frees" },
      { key: "live", name: "heap live after a cycle", ...live, kind: "line", stroke: () => H.css("--text"), width: 2,
        dots: true, shape: "circle", title: "marked by each GC cycle" },
      { key: far ? FAR_GOAL : "goal", name: far ? "heap goal, far above: " + H.bytes(most(goals)) : "heap goal", t: traced ? seconds(run.heap_goal.t) : goal.t,
        v: goals, kind: "hold", stroke: () => H.css("--c4"), dash: [8, 4],
        title: "what the heap may grow to before the next cycle ends" },
      { key: "rss", name: "resident set", t: seconds(rss.map((point) => point.at)), v: rss.map((point) => point.rss),
        kind: "line", stroke: () => H.css("--c6"), dash: [2, 3], width: 2, shape: "square", dots: true,
        title: "RSS, as the operating system said at checkpoints" },
    ].filter((line) => line.t.length > 0);
  };

  const make = (run) => {
    const sites = H.sites(run), times = seconds(run.growth_times);
    const layers = sites.map((site) => ({ t: times, v: site.values, kind: "line" }));
    const all = lines(run);
    if (!all.length && !sites.length) return { empty: "Nothing is known of this run's memory." };
    const showSites = !H.isHidden("sites");
    const shown = all.filter((line) => !H.isHidden(line.key));
    const { sums, values } = H.stacked(layers);
    const stacks = showSites && sites.length ? sums.map((v) => ({ t: times, v, kind: "line" })) : [];
    const [x, y] = H.align([...stacks, ...shown]);
    const n = stacks.length;
    const paths = uPlot.paths.stepped({ align: 1 });
    return {
      unit: "B",
      height: 300,
      times: x,
      lines: y.map((row, i) => {
        if (i < n) return { values: row, stroke: i > 0 ? () => H.colour(i - 1) : undefined, width: 1, dots: false };
        const line = shown[i - n];
        return { values: row, ...line, paths: line.kind === "hold" ? paths : undefined, dots: false };
      }),
      bands: stacks.slice(1).map((_, i) => ({ series: [i + 2, i + 1], fill: () => H.pattern(i) })),
      draw: (u) => dots(u, shown),
      legend: [
        ...all.map((line) => ({ ...line, at: (mark) => amount(line.t, line.v, mark.t) })),
        ...(sites.length ? [{ key: "sites", name: "in use by site:", band: 7, title: "from the memory profile, at checkpoints" }] : []),
        ...(showSites ? sites.map((site, i) => ({ name: site.name, band: i, at: (mark) => amount(times, values[i], mark.t) })) : []),
      ],
    };
  };
  const amount = (times, values, t) => {
    const value = H.valueAt(times, values, t);
    return value === null ? "" : H.bytes(value);
  };
  const dots = (u, shown) => {
    const ratio = devicePixelRatio || 1, context = u.ctx;
    for (const line of shown.filter((line) => line.shape)) {
      const few = line.t.length <= 200;
      context.fillStyle = line.stroke();
      if (few) line.t.forEach((t, i) => H.shape(context, line.shape, u.valToPos(t, "x", true), u.valToPos(line.v[i], "y", true), 3 * ratio));
    }
  };

  H.memory = () => {
    const panel = H.by("panel-memory");
    const name = (run) => "Memory of " + run.run.variant + " over time, by GC cycle";
    H.chart(panel.querySelector(".chart"), panel.querySelector(".legend"), name, make);
  };
})();
