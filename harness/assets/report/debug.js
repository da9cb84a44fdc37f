// The repeat under Delve: stops at breakpoints, goroutines with their variables, who waits for whom.
(() => {
  "use strict";
  const { el } = H;

  const values = (all) => el("dl", { class: "values" }, all.map(([name, value]) => [el("dt", {}, el("code", {}, name)), el("dd", {}, el("code", {}, value))]));
  const stack = (all) => el("details", {}, el("summary", {}, "stack, " + all.length + (all.length === 1 ? " frame" : " frames")),
    el("ol", { class: "stack" }, all.map((line) => el("li", {}, line))));
  const inside = (item) => [
    item.said ? el("pre", { class: "said" }, item.said) : null,
    item.values.length ? values(item.values) : null,
    item.items.map((one) => el("div", { class: "seen" }, el("p", {}, el("code", {}, one.title)), inside(one))),
    item.stack.length ? stack(item.stack) : null,
  ];
  const whole = (item) => el("div", { class: "seen" }, el("p", {}, el("b", {}, item.title)), inside(item));

  const findingLink = (fingerprint) => el("a", { href: "#finding=" + encodeURIComponent(fingerprint) }, "finding " + fingerprint);
  const group = (one) => el("div", { class: "seen" },
    el("p", {}, el("b", {}, one.title), one.finding ? [" · ", findingLink(one.finding)] : one.leaked ? " · no finding's" : ""),
    one.finding ? null : inside(one));

  // What was seen of a finding's goroutines, for its card.
  H.seenOf = (fingerprint) => (H.view.debug?.groups || []).filter((one) => one.finding === fingerprint).map((one) =>
    el("details", {}, el("summary", {}, "Under Delve: " + one.title), el("div", { class: "seen" }, inside(one))));

  H.debugged = (section) => {
    const { debug } = H.view;
    if (!debug) return null;
    const content = [];
    if (debug.not_made) content.push(el("p", { class: "lines" }, "No repeat was made: " + debug.not_made));
    if (debug.headline) {
      const leaked = debug.groups.filter((one) => one.leaked), others = debug.groups.filter((one) => !one.leaked);
      content.push(
        el("p", {}, debug.headline),
        el("p", { class: "faint" }, debug.with + ": a repeat of its own, of which nothing is measured"),
        debug.notes.length ? el("ul", {}, debug.notes.map((note) => el("li", {}, note))) : null,
        debug.end ? whole(debug.end) : null,
        debug.breakpoints.map(whole),
        leaked.map(group),
        others.length ? el("details", {}, el("summary", {}, "Other goroutines at the end"), others.map(group)) : null,
        debug.more_groups ? el("p", {}, H.count(debug.more_groups) + " more groups of goroutines are in the report as JSON.") : null,
        debug.waits ? el("pre", {}, debug.waits.replace(/\s+$/, "")) : null);
    }
    return section("Under Delve", true, content);
  };
})();
