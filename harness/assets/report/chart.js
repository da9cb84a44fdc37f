// Charts of one run on its time axis: a grid of GC cycles, the selected ones shaded, a cursor that all share.
(() => {
  "use strict";
  const LEFT = 66, RIGHT = 24;

  // Okabe and Ito's colours, which the colour-blind tell apart; hatching and dashes say the same without colour.
  H.colour = (nth) => H.css("--c" + (nth % 8));
  const hatches = [
    null,
    [[0, 8, 8, 0]],
    [[0, 0, 8, 8]],
    [[0, 4, 8, 4]],
    [[4, 0, 4, 8]],
    [[0, 8, 8, 0], [0, 0, 8, 8]],
    [[0, 4, 8, 4], [4, 0, 4, 8]],
    [[3, 4, 5, 4]],
  ];
  const scale = () => Math.max(1, Math.round(devicePixelRatio || 1));
  const pattern = (nth) => {
    const tile = document.createElement("canvas"), size = 8 * scale(), context = tile.getContext("2d");
    tile.width = tile.height = size;
    context.scale(scale(), scale());
    context.fillStyle = context.strokeStyle = H.colour(nth);
    context.globalAlpha = hatches[nth % 8] ? 0.28 : 0.5;
    context.fillRect(0, 0, 8, 8);
    context.globalAlpha = 0.9;
    for (const [x, y, toX, toY] of hatches[nth % 8] || []) {
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(toX, toY);
      context.stroke();
    }
    return context.createPattern(tile, "repeat");
  };

  // Puts series on one list of times: `hold` keeps a value until the next, `line` goes straight from one to the next,
  // `points` are where they are.
  H.align = (series) => {
    const times = [...new Set(series.flatMap((one) => one.t))].sort((a, b) => a - b);
    const values = series.map((one) => {
      const out = new Array(times.length).fill(null);
      let next = 0;
      times.forEach((t, i) => {
        while (next < one.t.length && one.t[next] <= t) next++;
        const before = next - 1;
        if (before < 0) return;
        if (one.t[before] === t) out[i] = one.v[before];
        else if (one.kind === "hold") out[i] = one.v[before];
        else if (one.kind === "line" && next < one.t.length) {
          const [a, b] = [one.v[before], one.v[next]];
          if (a === null || b === null) return;
          out[i] = a + ((b - a) * (t - one.t[before])) / (one.t[next] - one.t[before]);
        }
      });
      return out;
    });
    return [times, values];
  };

  // Layers one on another: sums from the bottom up, with a band for each.
  H.stacked = (layers) => {
    const [times, values] = H.align(layers);
    const sums = [times.map(() => 0)];
    for (const row of values) {
      const below = sums.at(-1);
      sums.push(row.map((value, i) => below[i] + (value ?? 0)));
    }
    return { times, sums, values };
  };

  const charts = new Set();
  let moved = false;
  const pixel = () => devicePixelRatio || 1;

  // What every chart draws below its lines: the stretch between the selected cycles.
  const shade = (u) => {
    const marks = H.marks(), { from, to } = H.state;
    if (!marks.length) return;
    const context = u.ctx, { left, top, width, height } = u.bbox;
    const place = (index) => u.valToPos(marks[index].t, "x", true);
    const [a, b] = [place(from), place(to)];
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.fillStyle = H.css("--shade");
    context.fillRect(a, top, Math.max(b - a, pixel()), height);
    context.fillStyle = H.css("--accent");
    for (const at of [a, b]) context.fillRect(at - pixel(), top, 2 * pixel(), height);
    context.restore();
  };

  // As many cycles as there is room for, before the chart knows its own width.
  const NARROWEST = 44;
  const cycleTicks = (u, _, least, most) => {
    const apart = ((most - least) * NARROWEST) / Math.max(u.width - LEFT - RIGHT, NARROWEST), ticks = [];
    let last = -Infinity;
    for (const { t } of H.marks()) {
      if (t < least || t > most || t - last < apart) continue;
      ticks.push(t);
      last = t;
    }
    return ticks;
  };
  const labelAt = (t) => {
    const mark = H.marks()[H.markAt(t)];
    return mark ? mark.label.replace("checkpoint ", "cp ") : "";
  };

  const axes = (unit, log) => {
    const stroke = () => H.css("--faint"), line = () => H.css("--line");
    const font = "12px system-ui, sans-serif";
    const usual = { stroke, font, ticks: { stroke: line, width: 1, size: 4 }, gap: 4 };
    // uPlot takes a key that is there without a value for a wish.
    const decades = log ? { filter: (_, all) => all.map((v) => (Math.abs(Math.log10(v) % 1) < 1e-9 ? v : null)) } : {};
    const whole = Array.from({ length: 45 }, (_, i) => [1, 2, 5][i % 3] * 10 ** Math.floor(i / 3));
    const steps = unit === "B" ? { incrs: Array.from({ length: 45 }, (_, i) => 2 ** i) } : log ? {} : { incrs: whole };
    return [
      { ...usual, side: 2, size: 26, grid: { show: false }, values: (_, all) => all.map((v) => +v.toFixed(4) + " s") },
      { ...usual, side: 3, size: LEFT, scale: "y", ...decades, ...steps,
        grid: { stroke: line, width: 1, ...decades }, ticks: { ...usual.ticks, ...decades },
        values: (_, all) => all.map((v) => (v === null ? "" : H.amount(v, unit))) },
      { ...usual, side: 0, size: 22, scale: "x", splits: cycleTicks, values: (_, all) => all.map(labelAt),
        grid: { stroke: line, width: 1, dash: [2, 3] }, ticks: { stroke: line, width: 1, size: 3 } },
    ];
  };

  // A chart in a place. `make(run)` tells its series each time that another run is shown:
  // { unit, height, log, times, lines: [{ name, values, stroke, dash, fill, width, dots }], bands, legend, draw, empty }
  H.chart = (place, legend, name, make) => {
    let u = null, made = null;
    const shown = () => place.isConnected && place.clientWidth > 0;
    const build = () => {
      u?.destroy();
      u = null;
      place.replaceChildren();
      legend?.replaceChildren();
      const run = H.run();
      if (!run || !shown()) return;
      made = make(run);
      if (made.empty) {
        place.append(H.el("p", { class: "empty" }, made.empty));
        return;
      }
      u = new uPlot(options(), [made.times, ...made.lines.map((line) => line.values)], place);
      place.firstChild.setAttribute("role", "img");
      place.firstChild.setAttribute("aria-label", H.clean(name(run)));
      legend?.append(...H.legend(made.legend || [], build));
    };
    const options = () => ({
      width: place.clientWidth,
      height: made.height,
      padding: [null, RIGHT, null, null],
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false, dist: 5 },
        bind: { dblclick: () => () => H.zoom(null) },
      },
      scales: {
        x: { time: false, range: () => H.state.zoom || [0, Math.max(H.run().length / 1e6, 1e-6)] },
        y: made.log
          ? { distr: 3, range: (_, least, most) => made.range(least, most) }
          : { range: (_, least, most) => made.range?.(least, most) || [Math.min(0, least || 0), (most || 1) * 1.05] },
      },
      axes: axes(made.unit, made.log),
      series: [{}, ...made.lines.map((line) => ({
        label: line.name, scale: "y", stroke: line.stroke, dash: line.dash, width: line.width ?? 1.5,
        points: { show: line.dots || false, size: 5 }, spanGaps: true, paths: line.paths,
      }))],
      bands: made.bands || [],
      hooks: { drawClear: [shade], draw: [(u) => made.draw?.(u)], setSelect: [selected], ready: [listen] },
    });
    const selected = (u) => {
      if (u.select.width <= 0) return;
      const time = (left) => u.posToVal(left, "x");
      moved = true;
      setTimeout(() => { moved = false; }, 50);
      const range = [time(u.select.left), time(u.select.left + u.select.width)];
      u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
      H.select(H.markAt(range[0]), H.markAt(range[1]));
    };
    const listen = (u) => {
      u.over.addEventListener("mousemove", (event) => H.hover(H.markAt(u.posToVal(event.offsetX, "x"))));
      u.over.addEventListener("mouseleave", () => H.hover(null));
      u.over.addEventListener("click", (event) => {
        if (moved) return;
        const mark = H.markAt(u.posToVal(event.offsetX, "x"));
        if (event.shiftKey || mark < H.state.from) H.select(mark, H.state.to);
        else H.select(H.state.from, mark);
      });
    };
    const point = () => {
      if (!u) return;
      const mark = H.marks()[H.state.hover];
      const left = mark ? u.valToPos(mark.t, "x") : -10;
      u.setCursor({ left, top: mark ? 1 : -10 }, false);
      H.legendValues(legend, made, mark);
    };
    const rescale = () => {
      if (u) u.setScale("x", { min: 0, max: 1 });
    };
    const chart = { build, size: () => (u ? u.setSize({ width: place.clientWidth, height: made.height }) : build()) };
    charts.add(chart);
    H.on("run", build);
    H.on("select", () => u?.redraw(false));
    H.on("hover", point);
    H.on("zoom", rescale);
    return chart;
  };

  let width = 0;
  new ResizeObserver(() => {
    const now = document.documentElement.clientWidth;
    if (now === width) return;
    width = now;
    charts.forEach((chart) => chart.size());
  }).observe(document.documentElement);
  H.redraw = () => charts.forEach((chart) => chart.build());
  H.pattern = pattern;

  // What is hidden stays so when another run is shown.
  const hidden = new Set();
  H.hideFirst = (key) => hidden.add(key);
  H.isHidden = (key) => hidden.has(key);
  H.legend = (entries, build) => entries.map((entry) => {
    const toggle = () => {
      if (!hidden.delete(entry.key)) hidden.add(entry.key);
      build();
    };
    const label = [swatch(entry), H.el("span", { class: "name" }, entry.name), H.el("span", { class: "value" })];
    if (!entry.key) return H.el("span", { class: "entry" }, label);
    const pressed = H.isHidden(entry.key) ? "false" : "true";
    return H.el("button", { class: "entry", type: "button", "aria-pressed": pressed, title: entry.title, onclick: toggle }, label);
  });
  H.legendValues = (legend, made, mark) => {
    if (!legend || !made.legend) return;
    [...legend.children].forEach((child, i) => {
      const value = child.querySelector(".value"), entry = made.legend[i];
      if (value && entry) value.textContent = mark && entry.at ? H.clean(entry.at(mark)) : "";
    });
  };
  // The value of a list at a time: the last one before it.
  H.valueAt = (times, values, t) => {
    let low = 0, high = times.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] <= t + 1e-9) low = middle + 1; else high = middle;
    }
    return low > 0 ? values[low - 1] : null;
  };

  const swatch = (entry) => {
    const canvas = H.el("canvas", { class: "swatch", "aria-hidden": "true" }), ratio = scale();
    canvas.width = 22 * ratio;
    canvas.height = 12 * ratio;
    const context = canvas.getContext("2d");
    if (entry.band !== undefined) {
      context.fillStyle = pattern(entry.band);
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.strokeStyle = H.colour(entry.band);
      context.strokeRect(0, 0, canvas.width, canvas.height);
      return canvas;
    }
    context.scale(ratio, ratio);
    context.strokeStyle = context.fillStyle = entry.stroke();
    context.lineWidth = 2;
    context.setLineDash(entry.dash || []);
    if (!entry.shape || entry.dash) {
      context.beginPath();
      context.moveTo(0, 6);
      context.lineTo(22, 6);
      context.stroke();
    }
    if (entry.shape) H.shape(context, entry.shape, 11, 6, 4);
    return canvas;
  };
  // A mark that is told by its shape.
  H.shape = (context, shape, x, y, size) => {
    context.beginPath();
    if (shape === "square") context.rect(x - size, y - size, 2 * size, 2 * size);
    else if (shape === "triangle") {
      context.moveTo(x, y - size);
      context.lineTo(x + size, y + size);
      context.lineTo(x - size, y + size);
    } else if (shape === "diamond") {
      context.moveTo(x, y - size);
      context.lineTo(x + size, y);
      context.lineTo(x, y + size);
      context.lineTo(x - size, y);
    } else context.arc(x, y, size, 0, 2 * Math.PI);
    context.closePath();
    context.fill();
  };
})();
