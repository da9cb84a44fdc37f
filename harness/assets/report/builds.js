// What was asked of the builds: each answer, what had to hold, what could not be asked, and the tables as text.
(() => {
  "use strict";
  const { el } = H;

  // The same of several variants in one row.
  const merged = (lines) => {
    const rows = new Map();
    for (const line of lines) {
      const key = JSON.stringify([line.holds, line.expected, line.found]);
      rows.set(key, { ...line, variant: [rows.get(key)?.variant, line.variant].filter(Boolean).join(", ") });
    }
    return [...rows.values()];
  };
  const expected = (lines) => el("div", { class: "wide" }, el("table", {},
    el("caption", { class: "hidden" }, "What had to hold"),
    el("thead", {}, el("tr", {}, ["", "variant", "expected", "found"].map((word) => el("th", { scope: "col" }, word)))),
    el("tbody", {}, merged(lines).map((line) => el("tr", {},
      el("td", {}, el("span", { class: "badge " + (line.holds ? "good" : "bad") }, line.holds ? "✓ holds" : "✗ FAILS")),
      el("th", { scope: "row" }, line.variant || "all"),
      el("td", {}, el("code", {}, line.expected)),
      el("td", {}, line.found))))));

  const answer = (one) => el("section", { class: "answer", "aria-label": one.topic },
    el("h3", {}, one.topic),
    el("p", {}, one.headline),
    one.expected.length ? expected(one.expected) : null,
    one.not_run.length ? el("ul", {}, one.not_run.map((line) => el("li", {}, "not run: " + line))) : null,
    one.body.trim() ? el("details", {}, el("summary", {}, one.topic + " in figures"), el("pre", { class: "columns" }, one.body.replace(/\s+$/, ""))) : null);

  H.builds = (section) => {
    const { builds } = H.view;
    if (!builds) return null;
    return section("Questions to the builds", true, builds.answers.map(answer), el("p", { class: "faint" }, "more: ", el("code", {}, builds.more)));
  };
})();
