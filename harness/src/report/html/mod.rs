//! The report as a page: one file that needs nothing else, no network and no server.
//!
//! Input: the report and the panels. Output: HTML. Words are those of the terminal (`view`); what is drawn is drawn by the
//! page's own script (`assets/report`) with uPlot (`assets/uplot`) from data that lies in the page as JSON and reaches the
//! document as text alone. The policy in the page's head forbids everything else.

mod builds;
mod debug;
mod index;
pub(in crate::report) mod page;
#[cfg(test)]
mod tests;
mod view;

use serde::Serialize;

use super::panels::Panels;
use super::{Look, Report, to_terminal};
use page::{fill, policy, script_safe};
use view::View;

pub use index::{Entry, index};

const PAGE: &str = include_str!("../../../assets/report/page.html");
const STYLE: &str = concat!(
    include_str!("../../../assets/uplot/uPlot.min.css"),
    "\n",
    include_str!("../../../assets/report/style.css")
);
/// Every file but the first is one function; they share one object.
const SCRIPT: &str = concat!(
    include_str!("../../../assets/uplot/uPlot.iife.min.js"),
    "\n",
    include_str!("../../../assets/report/text.js"),
    include_str!("../../../assets/report/state.js"),
    include_str!("../../../assets/report/chart.js"),
    include_str!("../../../assets/report/memory.js"),
    include_str!("../../../assets/report/scheduler.js"),
    include_str!("../../../assets/report/growth.js"),
    include_str!("../../../assets/report/findings.js"),
    include_str!("../../../assets/report/tables.js"),
    include_str!("../../../assets/report/builds.js"),
    include_str!("../../../assets/report/debug.js"),
    include_str!("../../../assets/report/main.js"),
);

/// What the page's script reads.
#[derive(Serialize)]
struct Data<'a> {
    view: View,
    panels: &'a Panels,
}

/// Renders the page.
///
/// # Errors
/// Only if the data cannot be written as JSON, which does not happen.
pub fn to_html(report: &Report, panels: &Panels) -> Result<String, serde_json::Error> {
    let data = serde_json::to_string(&Data { view: View::of(report), panels })?;
    let look = Look { width: 110, color: false, verbose: false };
    Ok(fill(
        PAGE,
        &[
            ("policy", &policy(SCRIPT, STYLE)),
            ("title", &page::text(&format!("{}: {}", report.scenario, report.verdict.outcome.word()))),
            ("style", STYLE),
            ("plain", &page::text(&to_terminal(report, &look))),
            ("data", &script_safe(data)),
            ("script", SCRIPT),
        ],
    ))
}
