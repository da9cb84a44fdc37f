// Findings: what leaks, why that is believed, who holds it, and the way to it in the panels.
(() => {
  "use strict";
  const { el } = H;

  H.tone = (finding) => (finding.pending ? "bad" : finding.standing === "expected" || finding.standing.startsWith("known") ? "known" : "quiet");

  const spark = (values, unit) => {
    if (values.length < 2) return null;
    const [w, h] = [120, 28], least = Math.min(0, ...values), most = Math.max(...values, least + 1);
    const x = (i) => 3 + (i * (w - 6)) / (values.length - 1), y = (value) => h - 3 - ((value - least) * (h - 6)) / (most - least);
    const points = values.map((value, i) => x(i).toFixed(1) + "," + y(value).toFixed(1)).join(" ");
    const last = values.length - 1, words = H.amount(values[0], unit) + " → " + H.amount(values[last], unit);
    return el("span", { class: "spark" },
      H.svg("svg", { viewBox: `0 0 ${w} ${h}`, width: w, height: h, "aria-hidden": "true" },
        H.svg("polyline", { points, class: "line" }),
        H.svg("circle", { cx: x(last), cy: y(values[last]), r: 2.5 })),
      el("span", { class: "num", title: values.map((value) => H.amount(value, unit)).join(" → ") }, words),
      el("span", { class: "faint" }, values.length + " checkpoints"));
  };

  const frames = (all) => {
    if (!all.length) return null;
    const own = all.filter((frame) => frame.own), shown = (own.length ? own : all).slice(0, 4);
    const line = (frame) => el("li", { class: frame.own ? "own" : "faint" }, frame.text);
    const list = el("ol", { class: "stack" }, shown.map(line));
    if (shown.length === all.length) return list;
    const whole = el("details", {}, el("summary", {}, "whole stack, " + all.length + " frames"), el("ol", { class: "stack" }, all.map(line)));
    return [list, whole];
  };

  // From the root to what it keeps, a reference a level.
  const path = (of) => {
    const most = Math.max(of.held[0], of.retains || 0, 1);
    const bar = (bytes) => {
      const part = el("span", { class: "part" });
      part.style.width = Math.max(1, Math.min(100, (100 * bytes) / most)) + "%";
      return el("span", { class: "bar", "aria-hidden": "true" }, part);
    };
    const level = (steps) => {
      if (!steps.length) return el("p", { class: "step end" }, bar(of.held[0]), "what grows: ", el("b", {}, H.bytes(of.held[0])), " in " + H.count(of.held[1]) + " objects");
      const [step, ...rest] = steps;
      const size = step.bytes > 0 ? [bar(step.bytes), H.bytes(step.bytes) + " "] : [bar(0)];
      return el("details", { open: true }, el("summary", { class: "step" }, size, el("code", {}, step.text)), level(rest));
    };
    const retains = of.retains === null ? "" : " retains " + H.bytes(of.retains);
    return el("div", { class: "path" },
      el("details", { open: true }, el("summary", { class: "step root" }, bar(of.retains ?? of.held[0]), el("code", {}, of.root), el("b", {}, retains)), level(of.steps)),
      of.notes.length ? el("p", {}, of.notes.join("; ")) : null,
      of.others.length ? el("ul", {}, of.others.map(([name, bytes]) => el("li", { class: "faint" }, "also from ", el("code", {}, name), " " + H.bytes(bytes)))) : null);
  };

  const evidence = (one) => el("li", {}, el("p", { class: "title" }, one.title), spark(one.values, one.unit), one.path ? path(one.path) : frames(one.frames));

  // Where all is in one column the charts would be far below.
  const narrow = () => matchMedia("(max-width: 74.99rem)").matches;

  const card = (finding, nth) => {
    const tone = H.tone(finding), seen = finding.variants.length, all = H.view.variants.length;
    const head = el("h3", { id: "f-" + finding.fingerprint, tabindex: "-1" },
      el("span", { class: "kind" }, finding.kind), " ", el("code", {}, finding.site));
    const link = el("a", { href: "#finding=" + encodeURIComponent(finding.fingerprint), title: "link to this finding", "aria-label": "link to this finding" }, "§");
    const show = H.runs.length ? el("button", { type: "button", onclick: () => H.reveal(nth) }, "Show in the panels") : null;
    const scope = all > 1 ? el("span", { class: "faint", title: finding.variants.join(", ") }, seen + "/" + all + " variants") : null;
    return el("article", { class: "finding " + tone, "aria-labelledby": "f-" + finding.fingerprint },
      el("div", { class: "head" }, el("span", { class: "badge " + tone }, finding.standing), scope, link),
      head,
      el("p", { class: "growth" }, el("b", {}, finding.growth), finding.since ? " since GC cycle " + H.count(finding.since) : "",
        finding.place ? [" · ", el("code", {}, finding.place)] : ""),
      el("p", {}, finding.sentence),
      finding.notes.length ? el("ul", {}, finding.notes.map((note) => el("li", {}, note))) : null,
      el("p", { class: "sure" }, "Confidence: ", el("b", {}, finding.confidence),
        finding.missing.length ? el("ul", {}, finding.missing.map((line) => el("li", {}, line))) : null),
      show,
      el("details", { open: nth < 2 && !narrow() }, el("summary", {}, "Evidence, " + finding.evidence.length + (finding.evidence.length === 1 ? " piece" : " pieces")),
        el("ol", { class: "evidence" }, finding.evidence.map(evidence))),
      H.seenOf(finding.fingerprint),
      el("p", { class: "faint" }, "fingerprint ", el("code", {}, finding.fingerprint)));
  };

  // Opens a finding; the panels show the exact run of a variant that has it, and the flame graph its site.
  H.reveal = (nth) => {
    const finding = H.view.findings[nth];
    if (!finding) return;
    // Figures of a step run are exact: what it shows is what the finding says.
    const has = (run) => finding.variants.includes(run.run.variant);
    const same = (run) => has(run) && (run.run.variant === H.run()?.run.variant || !H.runs.some((one) => has(one) && one.run.variant === H.run()?.run.variant));
    const exact = H.runs.findIndex((run) => same(run) && run.growth?.exact);
    const wanted = exact >= 0 ? exact : H.runs.findIndex(same);
    if (wanted >= 0 && wanted !== H.state.run && !(has(H.run()) && H.run().growth?.exact)) H.showRun(wanted);
    H.showFinding(finding.fingerprint);
    if (!H.showGrowthOf(finding.function)) H.zoom(null);
  };

  H.findings = () => {
    const place = H.by("findings"), { findings } = H.view;
    place.append(el("h2", {}, findings.length === 1 ? "1 finding" : H.count(findings.length) + " findings"));
    if (!findings.length) place.append(el("p", {}, H.view.passed ? "No leak was found." : "No leak was found; the verdict says what else there is."));
    place.append(...findings.map(card));
    const show = () => {
      const nth = findings.findIndex((finding) => finding.fingerprint === H.state.finding);
      [...place.querySelectorAll(".finding")].forEach((element, i) => {
        element.classList.toggle("current", i === nth);
        if (i !== nth) return;
        element.querySelectorAll(":scope > details").forEach((details) => { details.open = true; });
        const head = element.querySelector("h3");
        head.focus({ preventScroll: true });
        element.scrollIntoView({ block: "nearest" });
      });
    };
    H.on("finding", show);
  };
  H.stepFinding = (by) => {
    const { findings } = H.view, at = findings.findIndex((finding) => finding.fingerprint === H.state.finding);
    if (findings.length) H.reveal((at + by + findings.length + (at < 0 && by < 0 ? 1 : 0)) % findings.length);
  };
})();
