//! The forms of a report, a row each: what `--format` prints and `--write FORM=FILE` writes.
//!
//! Input: what was decided of a capture. Output: bytes. A renderer is a pure function in `report`; here is only which there are.

use std::str::FromStr;

use camino::Utf8PathBuf;
use clap::builder::PossibleValue;

use super::error::CliError;
use super::pipeline::Analysis;
use super::{Context, ci, exports, files};
use crate::report::{self, Look};

/// A row of the table: the word, what it is, how it is made.
struct Row {
    word: &'static str,
    says: &'static str,
    /// Nothing for a terminal to show.
    is_binary: bool,
    render: fn(&Analysis, &Look) -> Result<Vec<u8>, CliError>,
}

const TERMINAL: Row = Row { word: "terminal", says: "text for people", is_binary: false, render: terminal };

/// What a step of GitHub's shows.
const GITHUB: Row = Row {
    word: "github",
    says: "the report and annotations of a GitHub step; the form under GITHUB_ACTIONS",
    is_binary: false,
    render: ci::github,
};

/// The form that is a page.
const PAGE: &str = "html";

/// Every form there is.
static FORMS: &[Row] = &[
    TERMINAL,
    Row {
        word: "json",
        says: "the whole document, see `harness schema report`",
        is_binary: false,
        render: json,
    },
    Row { word: PAGE, says: "one page with pictures, for a browser", is_binary: false, render: html },
    Row {
        word: "pprof",
        says: "heap growth by stack, for `go tool pprof`",
        is_binary: true,
        render: exports::pprof,
    },
    Row {
        word: "pprof-retained",
        says: "what memory is reached from at the last heap dump, for `go tool pprof`",
        is_binary: true,
        render: exports::retained,
    },
    Row {
        word: "perfetto",
        says: "a run's trace with cycles and counters, for ui.perfetto.dev",
        is_binary: true,
        render: exports::perfetto,
    },
    Row {
        word: "folded",
        says: "bytes that grew by stack, for flamegraph.pl and others",
        is_binary: false,
        render: exports::folded,
    },
    Row {
        word: "folded-diff",
        says: "bytes in use by stack at the first and the last checkpoint, as difffolded.pl writes them",
        is_binary: false,
        render: exports::folded_diff,
    },
    Row {
        word: "speedscope",
        says: "heap growth by stack of all variants, for speedscope.app",
        is_binary: false,
        render: exports::speedscope,
    },
    Row {
        word: "junit",
        says: "JUnit XML: a case of each variant, or of each test",
        is_binary: false,
        render: ci::junit,
    },
    Row {
        word: "sarif",
        says: "SARIF 2.1.0: allocation stack and retaining path of each leak, against the baseline",
        is_binary: false,
        render: ci::sarif,
    },
    Row {
        word: "code-scanning",
        says: "SARIF for GitHub, which takes every result for open: only leaks that nobody accepted",
        is_binary: false,
        render: ci::code_scanning,
    },
    GITHUB,
    Row { word: "gitlab", says: "GitLab's code quality report", is_binary: false, render: ci::gitlab },
    Row {
        word: "markdown",
        says: "a comment on a pull request: leaks and figures against the baseline",
        is_binary: false,
        render: ci::markdown,
    },
    Row { word: "csv", says: "the GC cycles of all runs as a table", is_binary: false, render: exports::csv },
    Row {
        word: "openmetrics",
        says: "verdict, leaks and figures, to be pushed or collected",
        is_binary: false,
        render: exports::openmetrics,
    },
    Row {
        word: "openmetrics-cycles",
        says: "the GC cycles of all runs at their time, to fill in history",
        is_binary: false,
        render: exports::openmetrics_cycles,
    },
    Row {
        word: "bencher",
        says: "figures of all variants in Bencher's JSON",
        is_binary: false,
        render: exports::bencher,
    },
    Row {
        word: "benchstat",
        says: "all runs as benchmark text, for `benchstat -col /variant -row /mode`",
        is_binary: false,
        render: exports::benchstat,
    },
];

fn terminal(analysis: &Analysis, look: &Look) -> Result<Vec<u8>, CliError> {
    Ok(report::to_terminal(&analysis.report, look).into_bytes())
}

fn json(analysis: &Analysis, _: &Look) -> Result<Vec<u8>, CliError> {
    Ok(report::to_json(&analysis.report).map_err(anyhow::Error::from)?.into_bytes())
}

fn html(analysis: &Analysis, _: &Look) -> Result<Vec<u8>, CliError> {
    page(analysis)
}

/// The report as a page.
pub(super) fn page(analysis: &Analysis) -> Result<Vec<u8>, CliError> {
    let page = report::html::to_html(&analysis.report, &analysis.panels);
    Ok(page.map_err(anyhow::Error::from)?.into_bytes())
}

/// A form of a report.
#[derive(Clone, Copy)]
pub struct Form(&'static Row);

impl Form {
    /// The one for people.
    fn terminal() -> Self {
        Self(&TERMINAL)
    }

    fn github() -> Self {
        Self(&GITHUB)
    }

    /// The words that `--format` takes.
    pub(super) fn words() -> Vec<PossibleValue> {
        FORMS.iter().map(|row| PossibleValue::new(row.word).help(row.says)).collect()
    }
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.word)
    }
}

impl FromStr for Form {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = FORMS.iter().map(|row| row.word).collect();
        let row = FORMS.iter().find(|row| row.word == text);
        row.map(Self).ok_or_else(|| format!("no form `{text}`: there are {}", words.join(", ")))
    }
}

/// A form, and the file it goes to.
#[derive(Debug, Clone)]
pub struct FormFile {
    form: Form,
    path: Utf8PathBuf,
}

impl FromStr for FormFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((form, path)) if !path.is_empty() => Ok(Self { form: form.parse()?, path: path.into() }),
            _ => Err("what is meant is FORM=FILE, as in `json=report.json`".to_owned()),
        }
    }
}

/// What a user wants to have of a report.
#[derive(Debug, Clone, clap::Args)]
pub struct Forms {
    /// Form of the report [default: terminal; github in a step of GitHub's].
    #[arg(long, value_name = "FORM", value_parser = form_parser())]
    pub format: Option<Form>,
    /// Also write the report to a file, in any form; may be given several times.
    #[arg(long, value_name = "FORM=FILE")]
    pub write: Vec<FormFile>,
    /// The variant that forms of one variant are of (`pprof`, `folded`); the first that has them, if none is named.
    #[arg(long, value_name = "VARIANT")]
    pub of: Option<String>,
}

fn form_parser() -> impl clap::builder::TypedValueParser<Value = Form> {
    use clap::builder::TypedValueParser as _;
    clap::builder::PossibleValuesParser::new(Form::words()).try_map(|word| word.parse::<Form>())
}

impl Forms {
    /// Refuses what would fail after everything is done.
    pub(super) fn check(&self, context: &Context) -> Result<(), CliError> {
        self.write.iter().try_for_each(|file| files::check(&file.path, context))
    }

    /// The same for a report that was shown before: what is shown once more is told to no runner once more.
    pub(super) fn once_more(&self) -> Self {
        Self { format: self.format.or(Some(Form::terminal())), ..self.clone() }
    }

    /// Some form is asked for.
    pub(super) fn is_asked(&self) -> bool {
        self.format.is_some() || !self.write.is_empty()
    }

    /// Nothing but a page is asked for.
    pub(super) fn is_page(&self) -> bool {
        self.write.is_empty() && self.format.is_none_or(|form| form.0.word == PAGE)
    }

    /// Writes the files, then prints.
    pub(super) fn show(&self, analysis: &Analysis, context: &Context) -> Result<(), CliError> {
        for FormFile { form, path } in &self.write {
            let look = Look { color: false, ..context.console.look() };
            files::save(path, &(form.0.render)(analysis, &look)?, context)?;
        }
        self.print(analysis, context)
    }

    fn print(&self, analysis: &Analysis, context: &Context) -> Result<(), CliError> {
        let form = self
            .format
            .unwrap_or_else(|| if ci::is_github(context) { Form::github() } else { Form::terminal() });
        if form.0.word == GITHUB.word {
            ci::summarize(analysis, context)?;
        }
        let Row { word, is_binary, render, .. } = form.0;
        if *is_binary && context.console.is_terminal() {
            let what = format!("{word} is nothing for a terminal to show");
            return Err(CliError::usage(what, format!("--write {word}=FILE, or redirect standard output")));
        }
        let bytes = render(analysis, &context.console.look())?;
        match String::from_utf8(bytes) {
            Ok(text) if *word == TERMINAL.word => context.console.print(&context.console.fitted(text)),
            Ok(text) => context.console.print(&text),
            Err(bytes) => context.console.stream(bytes.as_bytes()).map(drop),
        }
    }
}
