// Panel c: how much the heap in use grew from checkpoint to checkpoint, and as a flame graph what grew between the two
// that belong to the selected cycles.
(() => {
  "use strict";
  let what = "space", zoomed = null, tree = null;

  const total = (growth, point, of) =>
    growth.stacks.reduce((sum, stack) => sum + stack[of][point], growth.other[of][point]);

  const strip = (run) => {
    const growth = run.growth;
    if (!growth || growth.points.length < 2) return { empty: "There are not two checkpoints with a memory profile: what grew by stack is not known." };
    const t = run.growth_times.map((time) => time / 1e6), sums = t.map((_, i) => total(growth, i, what));
    const grown = sums.map((sum, i) => (i ? sum - sums[i - 1] : null));
    const unit = what === "space" ? "B" : "objects";
    return {
      unit,
      height: 130,
      range: (least, most) => {
        const [low, high] = [Math.min(0, least || 0), Math.max(0, most || 0)], room = (high - low || 1) / 4;
        return [low, high + room]; // of the words above the bars
      },
      times: t,
      lines: [{ values: grown, width: 0, paths: () => null, stroke: () => H.css("--text") }],
      draw: (u) => bars(u, t, grown, unit),
      legend: [],
    };
  };
  const bars = (u, t, grown, unit) => {
    const context = u.ctx, ratio = devicePixelRatio || 1, zero = u.valToPos(0, "y", true), { left, top, width, height } = u.bbox;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.font = 11 * ratio + "px system-ui, sans-serif";
    context.textAlign = "center";
    for (let i = 1; i < t.length; i++) {
      const [a, b, y] = [u.valToPos(t[i - 1], "x", true), u.valToPos(t[i], "x", true), u.valToPos(grown[i], "y", true)];
      const gap = Math.min(2 * ratio, (b - a) / 4);
      context.fillStyle = H.pattern(grown[i] < 0 ? 1 : 0);
      context.fillRect(a + gap, Math.min(y, zero), b - a - 2 * gap, Math.max(Math.abs(zero - y), ratio));
      context.fillStyle = H.css("--text");
      const words = H.signed(H.amount(grown[i], unit));
      if (context.measureText(words).width < b - a - 4 * ratio) context.fillText(words, (a + b) / 2, zero - 4 * ratio);
    }
    context.restore();
  };

  // What grew between two checkpoints, by call: callers hold what is below them.
  const grow = (run, from, to) => {
    const growth = run.growth, node = (name, frame, parent) =>
      ({ name, frame, parent, space: 0, objects: 0, children: new Map(), lines: new Set() });
    const root = node("all that grew", null, null);
    let shrank = 0;
    const add = (names, delta) => {
      if (delta[what] <= 0) {
        shrank -= Math.min(delta.space, 0);
        return;
      }
      let at = root;
      for (const frame of [null, ...names]) {
        if (frame) {
          if (!at.children.has(frame.function)) at.children.set(frame.function, node(frame.function, frame, at));
          at = at.children.get(frame.function);
          at.lines.add(frame.line);
        }
        at.space += delta.space;
        at.objects += delta.objects;
      }
    };
    const change = (series) => ({ space: series.space[to] - series.space[from], objects: series.objects[to] - series.objects[from] });
    for (const stack of growth.stacks) add(stack.frames.map((index) => growth.frames[index]).reverse(), change(stack));
    if (growth.n_other) add([{ function: H.count(growth.n_other) + " other stacks", file: "", line: 0, owner: "others" }], change(growth.other));
    return { root, shrank };
  };

  const owners = {
    "main-module": "your module", dependency: "libraries", std: "standard library", runtime: "runtime", others: "other stacks",
  };

  const draw = () => {
    const place = H.by("flame"), say = H.by("grew"), run = H.run(), { from, to } = H.state;
    place.replaceChildren();
    tree = null;
    const known = run?.growth && run.growth.points.length >= 2;
    const [a, b] = known ? [H.pointOf(from), H.pointOf(to)] : [0, 0];
    place.hidden = H.by("owners").hidden = a === b;
    if (a === b) {
      say.textContent = !known ? "" : "There is one checkpoint for both cycles" + (H.marks().length > 2 ? ": select cycles that lie further apart." : ", so nothing is known of what grew between them.");
      return;
    }
    tree = grow(run, a, b);
    say.textContent = H.clean(summary(run, a, b));
    zoomed = zoomed && find(zoomed) || tree.root;
    layout();
  };
  const summary = (run, a, b) => {
    const points = run.growth.points, { root, shrank } = tree, unit = { second: "ms", profile: "profiles" }[run.growth.per] || "operations";
    const between = points[b].operations - points[a].operations;
    const of = (point) => (point.cycle ? "GC cycle " + point.cycle + ", " : "") + H.count(point.operations) + " " + unit;
    const rate = between > 0 && unit === "operations" ? ", " + H.amount(root[what] / between, what === "space" ? "B" : "") + " per operation" : "";
    return "From checkpoint " + points[a].checkpoint + " (" + of(points[a]) + ") to " + points[b].checkpoint + " (" + of(points[b]) + "): " +
      H.signed(H.bytes(root.space)) + " in " + H.count(root.objects) + " objects" + rate +
      (shrank > 0 ? "; other stacks shrank by " + H.bytes(shrank) : "") + (run.growth.exact ? "." : ". Scaled up from samples.");
  };
  // The same call in another tree.
  const find = (old) => {
    const names = [];
    for (let at = old; at?.parent; at = at.parent) names.unshift(at.name);
    return names.reduce((at, name) => at?.children.get(name), tree.root);
  };

  const ROW = 21;
  const layout = () => {
    const place = H.by("flame"), width = place.clientWidth, boxes = [];
    let deepest = 0;
    const put = (node, depth, left, wide, above) => {
      if (wide < 1.5) return;
      deepest = Math.max(deepest, depth);
      boxes.push(box(node, depth, left, wide, above));
      if (above) return;
      let at = left;
      for (const child of [...node.children.values()].sort((a, b) => b[what] - a[what])) {
        const part = (wide * child[what]) / (node[what] || 1);
        put(child, depth + 1, at, part, false);
        at += part;
      }
    };
    const path = [];
    for (let at = zoomed.parent; at; at = at.parent) path.unshift(at);
    path.forEach((node, depth) => put(node, depth, 0, width, true));
    put(zoomed, path.length, 0, width, false);
    place.replaceChildren(...boxes);
    place.style.height = (deepest + 1) * ROW + "px";
    const first = boxes[path.length];
    if (first) first.tabIndex = 0;
  };
  const box = (node, depth, left, wide, above) => {
    const owner = node.frame ? node.frame.owner : "all";
    const percent = tree.root[what] ? ((100 * node[what]) / tree.root[what]).toFixed(1) + " %" : "";
    const lines = [...node.lines].sort((a, b) => a - b).slice(0, 4).join(", ");
    const where = node.frame?.file ? " " + H.base(node.frame.file) + ":" + lines : "";
    const words = H.clean(H.short(node.name) + where + ": " + H.signed(H.bytes(node.space)) + ", " + H.count(node.objects) + " objects, " + percent + (owners[owner] ? ", " + owners[owner] : ""));
    const element = H.el("div", {
      class: "frame " + owner + (above ? " above" : ""), role: "treeitem", tabindex: "-1", "aria-level": depth + 1,
      "aria-label": words, title: words,
      onclick: () => { zoomed = node; layout(); H.by("flame").querySelector("[tabindex='0']")?.focus(); },
      onmouseenter: () => tell(words), onfocus: () => tell(words), onkeydown: (event) => walk(event, node),
    }, wide > 28 ? H.short(node.name) + (wide > 240 && node.frame ? "  " + H.signed(H.amount(node[what], what === "space" ? "B" : "")) : "") : "");
    Object.assign(element.style, { left: left + "px", width: Math.max(wide - 1, 1) + "px", top: depth * ROW + "px" });
    element.node = node;
    return element;
  };
  const tell = (words) => { H.by("flame-say").textContent = words; };

  const walk = (event, node) => {
    const siblings = node.parent ? [...node.parent.children.values()].sort((a, b) => b[what] - a[what]) : [node];
    const at = siblings.indexOf(node);
    const to = {
      ArrowDown: [...node.children.values()].sort((a, b) => b[what] - a[what])[0],
      ArrowUp: node.parent, ArrowLeft: siblings[at - 1], ArrowRight: siblings[at + 1],
    }[event.key];
    if (event.key === "Enter" || event.key === " ") event.currentTarget.click();
    else if (event.key === "Escape" && zoomed !== tree.root) { zoomed = tree.root; layout(); }
    else if (!to) return;
    event.preventDefault();
    event.stopPropagation();
    const next = to && [...H.by("flame").children].find((element) => element.node === to);
    next?.focus();
  };

  // Goes to the first call of a function in the graph.
  H.showGrowthOf = (name) => {
    if (!tree) return false;
    const wanted = [tree.root];
    for (const node of wanted) {
      if (node.name === name) {
        zoomed = node;
        layout();
        return true;
      }
      wanted.push(...node.children.values());
    }
    return false;
  };

  H.growth = () => {
    const panel = H.by("panel-growth");
    const chart = H.chart(panel.querySelector(".chart"), null, (run) => "Growth of the heap of " + run.run.variant + " between checkpoints", strip);
    H.by("what").append(...H.choice("growth in", [["space", "bytes"], ["objects", "objects"]], () => what, (value) => {
      what = value;
      chart.build();
      draw();
    }));
    H.by("owners").append(
      ...Object.entries(owners).map(([owner, name]) => H.el("span", { class: "entry" }, H.el("span", { class: "swatch frame " + owner }), name)),
      H.el("span", { class: "faint on-screen" }, "Click a call to go into it; the top one leads back."),
      H.el("span", { id: "flame-say", class: "say", role: "status" }),
    );
    H.on("run", () => { zoomed = null; });
    H.on("select", draw);
    addEventListener("resize", () => tree && layout());
    H.layOutGrowth = () => tree && layout();
  };
})();
