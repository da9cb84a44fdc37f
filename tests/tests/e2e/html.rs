//! The report as a page, in a real browser: it loads clean and alone, its panels move together, names stay text, and it
//! works by keyboard, in the dark, on a phone and on paper. `cargo xtask tools` installs the browser.

use anyhow::{Context, Result, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use harness_tests::{Bench, Browser};
use serde_json::{Value, json};

const DESK: (u32, u32) = (1600, 1200);

/// A page of a program that leaks, in two variants.
fn leak_page() -> Result<(Bench, Utf8PathBuf)> {
    let bench = Bench::with_scenario("leak-repro", "leaky-cache")?;
    bench.edit(
        "scenarios/leak-repro.toml",
        "[expect]\n",
        "[lab]\nshow = [\"linkage\"]\n[lab.expect]\nstatic = true\n[expect]\n",
    )?;
    let words =
        ["run", "leak-repro", "--variant", "default", "--variant", "stripped", "--write", "html=page.html"];
    let ended = bench.run(words)?;
    ensure!(ended.code == Some(0), "{ended}");
    let page = bench.root().join("page.html");
    Ok((bench, page))
}

/// Neither an error nor a warning, and nothing asked for.
fn is_clean(browser: &Browser) -> Result<()> {
    ensure!(browser.complaints().is_empty(), "{:?}", browser.complaints());
    ensure!(browser.requests().is_empty(), "{:?}", browser.requests());
    Ok(())
}

fn number(browser: &mut Browser, expression: &str) -> Result<f64> {
    browser.eval(expression)?.as_f64().with_context(|| format!("`{expression}` is no number"))
}

fn text(browser: &mut Browser, expression: &str) -> Result<String> {
    Ok(browser.eval(expression)?.as_str().with_context(|| format!("`{expression}` is no text"))?.to_owned())
}

#[test]
fn the_page_of_a_leak_is_one_file_whose_panels_move_together() -> Result<()> {
    let (_bench, page) = leak_page()?;
    let mut browser = Browser::start(DESK)?;
    browser.open(&page, "")?;
    is_clean(&browser)?;
    assert_eq!(browser.eval("document.querySelectorAll('#panels canvas[width]').length >= 4")?, json!(true));
    linked_by_the_pointer(&mut browser)?;
    linked_by_a_drag(&mut browser)?;
    linked_by_keys(&mut browser)?;
    links_lead_back(&mut browser, &page)?;
    tells_of_the_builds_and_of_the_debugger(&mut browser)?;
    begins_with_a_run_that_has_something_to_show(&mut browser, &page)?;
    in_the_dark(&mut browser)?;
    on_a_phone(&mut browser, &page)?;
    on_paper(&mut browser, &page)?;
    is_clean(&browser)
}

/// Where the drawing area of the chart of a number lies in the window.
fn area(browser: &mut Browser, chart: usize) -> Result<[f64; 4]> {
    browser.eval(&format!(
        "document.querySelectorAll('.u-over')[{chart}].scrollIntoView({{ block: 'center' }})"
    ))?;
    let sides = ["left", "top", "width", "height"];
    let mut area = [0.0; 4];
    for (side, place) in sides.iter().zip(&mut area) {
        *place = number(
            browser,
            &format!("document.querySelectorAll('.u-over')[{chart}].getBoundingClientRect().{side}"),
        )?;
    }
    Ok(area)
}

/// Places of the cursor lines of all charts, in pixels.
const CURSORS: &str = "[...document.querySelectorAll('.u-cursor-x')].map((line) => line.style.transform)";

fn linked_by_the_pointer(browser: &mut Browser) -> Result<()> {
    for chart in 0..4 {
        let [left, top, width, height] = area(browser, chart)?;
        browser.point((left + width * 0.6, top + height / 2.0))?;
        let cycle = text(browser, "document.querySelector('#readout').textContent")?;
        ensure!(cycle.starts_with("GC cycle "), "chart {chart}: {cycle}");
        let row = text(browser, "document.querySelector('.cycles tr.hover th').textContent")?;
        ensure!(
            cycle.starts_with(&format!("GC cycle {} ", row.trim())),
            "chart {chart}: {cycle}, but row {row}"
        );
        let cursors = browser.eval(CURSORS)?;
        let cursors = cursors.as_array().context("no cursors")?;
        ensure!(cursors.len() == 4, "{cursors:?}");
        ensure!(
            cursors.iter().all(|place| *place == cursors[0] && place != ""),
            "chart {chart}: {cursors:?}"
        );
    }
    Ok(())
}

fn linked_by_a_drag(browser: &mut Browser) -> Result<()> {
    let before = text(browser, "document.querySelector('#grew').textContent")?;
    let [left, top, width, height] = area(browser, 1)?;
    let at = |part: f64| (left + width * part, top + height / 2.0);
    browser.drag(&[0.35, 0.4, 0.6, 0.8].map(at))?;
    let after = text(browser, "document.querySelector('#grew').textContent")?;
    ensure!(before != after && after.contains("From checkpoint"), "{before}\n{after}");
    let marks = browser.eval("[...document.querySelectorAll('.cycles .mark')].map((mark) => mark.textContent.trim()).filter(Boolean)")?;
    assert_eq!(marks, json!(["from", "to"]));
    let hash = text(browser, "location.hash")?;
    ensure!(hash.contains("cycles="), "{hash}");
    Ok(())
}

fn linked_by_keys(browser: &mut Browser) -> Result<()> {
    let state = "[+document.querySelector('#from').value, +document.querySelector('#to').value].join()";
    browser.eval("document.activeElement.blur()")?;
    browser.press("r", false)?;
    let begun = text(browser, state)?;
    let (from, to) = begun.split_once(',').context("no selection")?;
    let (from, to): (u32, u32) = (from.parse()?, to.parse()?);
    browser.press("ArrowLeft", false)?;
    browser.press("ArrowRight", true)?;
    assert_eq!(text(browser, state)?, format!("{},{}", from + 1, to - 1));
    browser.press("n", false)?;
    let current = text(browser, "document.querySelector('.finding.current h3').textContent")?;
    ensure!(current.contains("heap") && current.contains("Put"), "{current}");
    let focused = browser.eval("document.activeElement.closest('.finding.current') !== null")?;
    assert_eq!(focused, json!(true));
    browser.eval("document.querySelector('#flame [tabindex=\"0\"]').focus()")?;
    let first = text(browser, "document.activeElement.getAttribute('aria-label')")?;
    browser.press("ArrowUp", false)?;
    let above = text(browser, "document.activeElement.getAttribute('aria-label')")?;
    ensure!(first != above, "the flame graph cannot be walked: {first}");
    let run = text(browser, "location.hash")?;
    ensure!(run.contains("run=default/step/1"), "a finding is shown in the exact run: {run}");
    browser.press("v", false)?;
    let run = text(browser, "location.hash")?;
    ensure!(run.contains("run=stripped/natural/1"), "{run}");
    Ok(())
}

fn links_lead_back(browser: &mut Browser, page: &Utf8Path) -> Result<()> {
    let finding = text(browser, "document.querySelectorAll('.finding h3')[1].id")?;
    let fingerprint = finding.trim_start_matches("f-").to_owned();
    browser.open(page, &format!("#run=stripped/step/1&cycles=2-9&finding={fingerprint}"))?;
    let shown = text(browser, "document.querySelector('.finding.current h3').id")?;
    assert_eq!(shown, finding);
    assert_eq!(text(browser, "document.querySelector('#variant').value")?, "stripped");
    assert_eq!(text(browser, "document.querySelector('#from').value")?, "2");
    browser.eval("new Promise((done) => { addEventListener('hashchange', () => setTimeout(done), { once: true }); document.querySelector('.skip').click(); })")?;
    assert_eq!(text(browser, "location.hash")?, "#panels");
    assert_eq!(text(browser, "document.querySelector('#variant').value")?, "stripped", "a place is no run");
    assert_eq!(text(browser, "document.querySelector('#from').value")?, "2");
    Ok(())
}

/// The text of the section with that title, folded parts included.
fn section(browser: &mut Browser, title: &str) -> Result<String> {
    let found = format!(
        "[...document.querySelectorAll('.section')].find((one) => one.querySelector('h2').textContent === '{title}').textContent"
    );
    text(browser, &found)
}

fn tells_of_the_builds_and_of_the_debugger(browser: &mut Browser) -> Result<()> {
    let builds = section(browser, "Questions to the builds")?;
    for words in
        ["linkage", "✓ holds", "static = true", "stripped", "harness build leak-repro --show linkage"]
    {
        ensure!(builds.contains(words), "no `{words}`: {builds}");
    }
    let debug = section(browser, "Under Delve")?;
    for words in [
        "break cache.(*Cache).Put when len(c.entries) == 1000",
        "c.entries",
        "map[quote.ID]*cache.entry len 1000",
    ] {
        ensure!(debug.contains(words), "no `{words}`: {debug}");
    }
    let cards = "[...document.querySelectorAll('.finding')].map((one) => one.textContent)";
    let cards = browser.eval(cards)?;
    let goroutines = cards.as_array().into_iter().flatten().filter_map(|card| card.as_str());
    let with_variables: Vec<&str> = goroutines.filter(|card| card.contains("audit.Trail")).collect();
    ensure!(with_variables.len() == 1, "the leaked goroutines' variables are in one card: {cards}");
    let link =
        text(browser, "[...document.querySelectorAll('.section .seen a')].map((one) => one.hash).join()")?;
    ensure!(
        link.starts_with("#finding=") && with_variables[0].contains(&link["#finding=".len()..]),
        "{link}"
    );
    Ok(())
}

/// The first run of a package's tests is the survey, which has neither profile nor trace; a step run has no goal.
fn begins_with_a_run_that_has_something_to_show(browser: &mut Browser, page: &Utf8Path) -> Result<()> {
    let page = rewritten(page, |nth, run| {
        run["run"]["mode"] = json!("step");
        if nth == 0 {
            run["growth"] = Value::Null;
        } else {
            run["cycles"] = json!({ "at": [], "cycle": [], "forced": [], "columns": [], "total": 0 });
        }
        run["heap_goal"] = json!({ "t": [0, 1000], "v": [1_u64 << 40, 1_u64 << 40] });
        Ok(())
    })?;
    browser.open(&page, "")?;
    assert_eq!(number(browser, "H.state.run")?, 1.0);
    let selected = text(browser, "document.querySelector('#readout').textContent")?;
    ensure!(selected.contains("checkpoint") && !selected.contains("GC cycle"), "{selected}");
    let cycles = text(browser, "document.querySelector('#cycles').innerText")?;
    ensure!(cycles.contains("no GC cycle is known") && !cycles.contains("Click a row"), "{cycles}");
    let goal = "[...document.querySelectorAll('#panel-memory .entry')].find((one) => one.textContent.includes('heap goal'))";
    let (words, pressed) = (
        text(browser, &format!("{goal}.textContent"))?,
        text(browser, &format!("{goal}.getAttribute('aria-pressed')"))?,
    );
    ensure!(words.contains("far above: 1 TiB") && pressed == "false", "{words} {pressed}");
    browser.eval("H.showRun(0)")?;
    let grew = text(browser, "document.querySelector('#panel-growth').innerText")?;
    ensure!(grew.contains("There are not two checkpoints") && !grew.contains("your module"), "{grew}");
    Ok(())
}

fn in_the_dark(browser: &mut Browser) -> Result<()> {
    let ground = "getComputedStyle(document.body).backgroundColor";
    let light = text(browser, ground)?;
    browser.media("screen", "dark")?;
    let dark = text(browser, ground)?;
    ensure!(light != dark, "{dark}");
    browser.media("screen", "light")
}

fn on_a_phone(browser: &mut Browser, page: &Utf8Path) -> Result<()> {
    browser.resize((360, 740))?;
    browser.open(page, "")?;
    let wide = number(browser, "document.documentElement.scrollWidth")?;
    ensure!(wide <= 360.0, "the page is {wide} pixels wide on a phone");
    let low = "[...document.querySelectorAll('#toolbar button, .finding button')].filter((one) => one.offsetHeight < 38).length";
    assert_eq!(browser.eval(low)?, json!(0), "buttons that a thumb misses");
    let top = |what: &str| format!("document.querySelector('{what}').getBoundingClientRect().top");
    let (finding, chart) = (number(browser, &top(".finding:last-child"))?, number(browser, &top("#panels"))?);
    ensure!(finding < chart, "what leaks is told before what is drawn: {finding} {chart}");
    ensure!(chart < 5.0 * 740.0, "the charts are {chart} pixels below");
    browser.resize(DESK)
}

/// How many of those elements are there on paper.
fn shown(browser: &mut Browser, what: &str) -> Result<f64> {
    number(
        browser,
        &format!(
            "[...document.querySelectorAll('{what}')].filter((one) => one.getClientRects().length).length"
        ),
    )
}

/// As wide as A4 with its margins.
const PAPER: (u32, u32) = (703, 1000);

fn on_paper(browser: &mut Browser, page: &Utf8Path) -> Result<()> {
    browser.open(page, "")?;
    let folded = shown(browser, "details:not([open])")?;
    ensure!(folded > 0.0, "there is something to unfold");
    browser.eval("dispatchEvent(new Event('beforeprint'))")?;
    browser.resize(PAPER)?;
    browser.media("print", "dark")?;
    assert_eq!(text(browser, "getComputedStyle(document.body).backgroundColor")?, "rgb(255, 255, 255)");
    for what in ["details:not([open])", "#toolbar", "button:not(.entry)", ".switch", ".on-screen"] {
        assert_eq!(shown(browser, what)?, 0.0, "{what} on paper");
    }
    let rows = number(browser, "H.run().cycles.total")?;
    assert_eq!(shown(browser, ".cycles tbody tr")?, rows, "all cycles of a small run");
    let run = text(browser, "document.querySelector('#drawn').innerText")?;
    ensure!(run.starts_with("Drawn is default, natural run"), "what is drawn is told: {run}");
    let widest = number(
        browser,
        "Math.max(document.documentElement.scrollWidth, ...[...document.querySelectorAll('table, canvas, pre')].map((one) => one.getBoundingClientRect().right))",
    )?;
    ensure!(widest <= 703.0, "{widest} pixels are clipped, or make all smaller");
    browser.media("screen", "light")?;
    browser.resize(DESK)?;
    browser.eval("dispatchEvent(new Event('afterprint'))")?;
    assert_eq!(shown(browser, "details:not([open])")?, folded, "what was folded is again");
    let pdf = browser.print()?;
    ensure!(pdf.starts_with(b"%PDF"), "no PDF");
    ensure!(pdf.len() > 20_000, "an empty PDF: {} bytes", pdf.len());
    a_long_run_on_paper(browser, page)
}

/// The page with other data in it.
fn rewritten(page: &Utf8Path, change: impl Fn(usize, &mut Value) -> Result<()>) -> Result<Utf8PathBuf> {
    let source = std::fs::read_to_string(page)?;
    let begin = "<script type=\"application/json\" id=\"data\">";
    let (head, rest) = source.split_once(begin).context("no data")?;
    let (data, tail) = rest.split_once("</script>").context("no end of data")?;
    let mut data: Value = serde_json::from_str(data)?;
    for (nth, run) in data["panels"]["runs"].as_array_mut().context("no runs")?.iter_mut().enumerate() {
        change(nth, run)?;
    }
    let data = data.to_string().replace('<', "\\u003c");
    let to = page.with_file_name("rewritten.html");
    std::fs::write(&to, format!("{head}{begin}{data}</script>{tail}"))?;
    Ok(to)
}

/// A page whose runs have as many cycles as long ones, and no numbers for them.
fn a_long_run_on_paper(browser: &mut Browser, page: &Utf8Path) -> Result<()> {
    let long = rewritten(page, |_, run| {
        let cycles = &mut run["cycles"];
        let n = cycles["at"].as_array().map_or(1, Vec::len).max(1);
        for column in cycles["columns"].as_array_mut().context("no columns")? {
            column["values"] = (0..400).map(|i| column["values"][i % n].clone()).collect();
        }
        cycles["at"] = (0..400).map(|i| json!(i * 1000)).collect();
        cycles["cycle"] = json!(vec![0; 400]);
        cycles["forced"] = json!(vec![false; 400]);
        cycles["total"] = json!(5000);
        Ok(())
    })?;
    browser.open(&long, "")?;
    let cycle = text(browser, "document.querySelector('.cycles tbody tr:nth-child(99) th').textContent")?;
    assert_eq!(cycle, "–", "its place among those that are listed is not its number");
    browser.eval("dispatchEvent(new Event('beforeprint'))")?;
    browser.media("print", "light")?;
    let rows = shown(browser, ".cycles tbody tr")?;
    ensure!((140.0..=160.0).contains(&rows), "{rows} rows on paper");
    let said = text(browser, "document.querySelector('#cycles').innerText")?;
    for words in
        ["5,000 GC cycles", "here are 400", &format!("On paper are {rows}"), "harness report", "--format csv"]
    {
        ensure!(said.contains(words), "no `{words}`: {said}");
    }
    browser.media("screen", "light")
}

/// A name that means harm to a page.
const HOSTILE: &str = "evil</script><img src=x onerror=alert(1)>\u{1b}[31m\"'\u{202e}{{data}}.go";

#[test]
fn hostile_names_are_text_in_the_page() -> Result<()> {
    let bench = Bench::with_hostile_name(HOSTILE, "")?;
    let ended = bench.run(["run", "evil", "--write", "html=page.html"])?;
    assert_eq!(ended.code, Some(1), "{ended}");
    let page = bench.root().join("page.html");
    let source = std::fs::read_to_string(&page)?;
    assert_eq!(source.matches("</script>").count(), 2, "data and script, each ended once");
    let mut browser = Browser::start(DESK)?;
    browser.open(&page, "")?;
    is_clean(&browser)?;
    assert_eq!(browser.eval("document.querySelectorAll('img').length")?, json!(0));
    let shown = text(&mut browser, "document.querySelector('#findings').textContent")?;
    assert!(shown.contains("<img src=x onerror=alert(1)>\\u{1b}[31m\"'\\u{202e}{{data}}.go"), "{shown}");
    let all = text(&mut browser, "document.body.innerText")?;
    assert!(!all.contains(['\u{1b}', '\u{202e}']), "{all}");
    Ok(())
}

/// Stands for a browser: says what it was to open.
const OPENER: &str = "#!/bin/sh\necho \"$1\" > opened.tmp && mv opened.tmp opened.txt\n";

#[test]
fn captures_become_pages_with_an_index_and_one_opens_in_the_browser() -> Result<()> {
    let bench = Bench::with_hostile_name(HOSTILE, "")?;
    for out in ["all/first", "all/sec#ond?"] {
        let ended = bench.run(["run", "evil", "--out", out])?;
        ensure!(ended.code == Some(1), "{ended}");
    }
    let ended = bench.run(["report", "all", "--format", "html", "--out", "pages"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let mut browser = Browser::start(DESK)?;
    browser.load(&bench.root().join("pages/index.html"))?;
    let links = browser.eval("[...document.links].map((link) => link.getAttribute('href'))")?;
    assert_eq!(links, json!(["first.html", "sec_ond_.html"]));
    for link in ["first.html", "sec_ond_.html"] {
        browser.open(&bench.root().join("pages").join(link), "")?;
    }
    is_clean(&browser)?;

    let refused = bench.run(["report", "all", "--format", "json"])?;
    assert_eq!(refused.code, Some(2), "{refused}");
    std::fs::write(bench.root().join("all/sec#ond?/manifest.json"), "{")?;
    let ended = bench.run(["report", "all", "--format", "html", "--out", "readable"])?;
    assert_eq!(ended.code, Some(5), "{ended}");
    assert!(
        bench.root().join("readable/first.html").is_file() && ended.stderr.contains("passed over"),
        "{ended}"
    );
    browser.load(&bench.root().join("readable/index.html"))?;
    let links = browser.eval("[...document.links].map((link) => link.getAttribute('href'))")?;
    assert_eq!(links, json!(["first.html"]));
    let opener = bench.write("opener", OPENER)?;
    std::fs::set_permissions(&opener, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let ended = bench.run_with(["report", "all/first", "--open"], &[("BROWSER", opener.as_str())])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let page = bench.root().join("all/first/report.html");
    assert_eq!(ended.stdout.trim(), page);
    let opened = bench.root().join("opened.txt");
    while !opened.exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert_eq!(std::fs::read_to_string(opened)?.trim(), page);
    let ended = bench.run_with(
        ["report", "all/first", "--open"],
        &[("BROWSER", ""), ("DISPLAY", ""), ("WAYLAND_DISPLAY", "")],
    )?;
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stderr.contains("no browser was found here") && ended.stdout.trim() == page, "{ended}");
    Ok(())
}
