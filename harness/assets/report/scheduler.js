// Panel b: goroutines by state or by the function they start in; stops of the world, mark assists, scheduler latency.
(() => {
  "use strict";
  const seconds = (times) => times.map((t) => t / 1e6);
  let by = "state";

  const counted = (run) => {
    const rows = by === "state" ? run.states : run.groups;
    if (rows.length) return rows.map((row) => ({ name: by === "state" ? row.name : H.short(row.name), t: seconds(row.t), v: row.v, kind: "hold" }));
    const at = run.checkpoints.map((point) => point.at / 1e6);
    return run.checkpoints.some((point) => point.goroutines > 0) ? [{ name: "goroutines (at checkpoints)", t: at, v: run.checkpoints.map((point) => point.goroutines), kind: "hold" }] : [];
  };

  const goroutines = (run) => {
    const layers = counted(run);
    if (!layers.length) return { empty: "There is no trace: goroutines are not known." };
    // The quiet ones lie at the bottom, where they do not shake the others.
    const order = ["waiting", "in system calls", "runnable", "running"];
    if (by === "state") layers.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
    const shown = layers.filter((layer) => !H.isHidden(by + layer.name));
    const { times, sums } = H.stacked(shown);
    const colour = (layer) => layers.indexOf(layer);
    const paths = uPlot.paths.stepped({ align: 1 });
    return {
      unit: "goroutines",
      height: 190,
      times,
      lines: sums.map((values, i) => ({ values, width: 1, paths, stroke: i > 0 ? () => H.colour(colour(shown[i - 1])) : undefined })),
      bands: shown.map((layer, i) => ({ series: [i + 2, i + 1], fill: () => H.pattern(colour(layer)) })),
      legend: layers.map((layer, i) => ({
        key: by + layer.name, name: layer.name, band: i,
        at: (mark) => {
          const value = H.valueAt(layer.t, layer.v, mark.t);
          return value === null ? "" : H.count(value);
        },
      })),
    };
  };

  const kinds = [
    ["stops", "longest stop of the world", "triangle", "--c5"],
    ["assists", "longest mark assist", "square", "--c0"],
    ["latency", "longest wait for a processor", "circle", "--c4"],
  ];
  const pauses = (run) => {
    const rows = kinds.map(([key, name, shape, colour]) => ({ key, name, shape, stroke: () => H.css(colour), ...run[key] }));
    const known = rows.filter((row) => row.t.length);
    if (!known.length) return { empty: "There is no trace: stops, assists and latency are not known by time." };
    const shown = known.filter((row) => !H.isHidden(row.key));
    // Of a few waits the longest says it all.
    const many = run.latency.count.flatMap((count, i) => (count >= 20 ? [i] : []));
    const p99 = { t: many.map((i) => run.latency.t[i] / 1e6), v: many.map((i) => Math.max(run.latency.p99[i], 1)), kind: "line" };
    const peaks = shown.map((row) => ({ t: seconds(row.t), v: row.max.map((value) => Math.max(value, 1)), kind: "points" }));
    const withP99 = p99.t.length > 0 && !H.isHidden("p99");
    const [times, values] = H.align([...peaks, ...(withP99 ? [p99] : [])]);
    return {
      unit: "ns",
      height: 190,
      log: true,
      range: (least, most) => [10 ** Math.floor(Math.log10(Math.max(least || 1000, 100))), 10 ** Math.ceil(Math.log10((most || 1e6) * 1.2))],
      times: times.length ? times : [0],
      lines: values.map((row, i) => ({
        values: row, stroke: () => H.css("--c4"), dash: [4, 3], width: i < peaks.length ? 0 : 1.5,
        paths: i < peaks.length ? () => null : undefined,
      })),
      draw: (u) => stems(u, shown),
      legend: [
        ...rows.map((row) => ({
          key: row.t.length ? row.key : undefined, name: row.t.length ? row.name : row.name + ": none",
          shape: row.shape, stroke: row.stroke,
          at: (mark) => near(row, mark.t),
        })),
        ...(p99.t.length ? [{ key: "p99", name: "wait for a processor, 99 of 100", stroke: () => H.css("--c4"), dash: [4, 3],
          at: (mark) => { const value = H.valueAt(p99.t, p99.v, mark.t); return value === null ? "" : H.nanoseconds(value); } }] : []),
      ],
    };
  };
  const near = (row, t) => {
    const value = H.valueAt(seconds(row.t), row.max, t);
    return value === null ? "" : H.nanoseconds(value);
  };
  const stems = (u, shown) => {
    const ratio = devicePixelRatio || 1, context = u.ctx, { left, top, width, height } = u.bbox;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    for (const row of shown) {
      context.fillStyle = row.stroke();
      row.t.forEach((t, i) => {
        const x = u.valToPos(t / 1e6, "x", true), y = u.valToPos(Math.max(row.max[i], 1), "y", true);
        context.globalAlpha = 0.18;
        context.fillRect(x - 0.5 * ratio, y, ratio, top + height - y);
        context.globalAlpha = 0.9;
        H.shape(context, row.shape, x, y, 2.6 * ratio);
      });
    }
    context.restore();
  };

  H.scheduler = () => {
    const panel = H.by("panel-trace"), [first, second] = panel.querySelectorAll(".chart");
    const [firstLegend, secondLegend] = panel.querySelectorAll(".legend");
    const upper = H.chart(first, firstLegend, (run) => "Goroutines of " + run.run.variant + " over time", goroutines);
    H.chart(second, secondLegend, (run) => "Pauses and scheduler latency of " + run.run.variant + " over time", pauses);
    H.by("by").append(...H.choice("goroutines by", [["state", "state"], ["group", "function"]], () => by, (value) => {
      by = value;
      upper.build();
    }));
  };

  // A few words of which one is chosen.
  H.choice = (name, words, get, set) => [
    H.el("span", { class: "faint" }, name + " "),
    ...words.map(([value, word]) => {
      const id = "choice-" + name.replaceAll(" ", "-") + "-" + value;
      const input = H.el("input", { type: "radio", name, id, value, onchange: () => set(value) });
      input.checked = get() === value;
      return H.el("span", { class: "option" }, input, H.el("label", { for: id }, word));
    }),
  ];
})();
