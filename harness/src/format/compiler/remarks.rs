//! The compiler's remarks: `-m=1`, and what `-d=pgodebug=1` adds of calls that a profile has hot.
//!
//! Input: standard error of a go command that compiled packages. Output: [`Remarks`]. File names are relative to the go
//! command's directory. Written by `cmd/compile/internal/inline`, `devirtualize` and `escape` (Go 1.21-1.27).

/// What was read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Remarks {
    /// In their order, each once.
    pub remarks: Vec<Remark>,
    /// Functions that may be inlined up to a larger cost, since the profile has them hot.
    pub hot_functions: Vec<String>,
    /// A call is hot from this share of all samples on, percent.
    pub hot_from: Option<f64>,
}

/// A remark on a place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// `cache/cache.go`
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1.
    pub column: u32,
    /// What.
    pub said: Said,
}

/// What is remarked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Said {
    /// A call is replaced by the body of what it calls.
    Inlined {
        /// `mix`, `(*Mixed).Update`, `flag.Int`
        callee: String,
    },
    /// A call through an interface or a variable is made to one function, if that is what it comes to.
    Devirtualized {
        /// `digest.Update`
        call: String,
        /// `(*Mixed).Update`, or the type
        to: String,
        /// The profile said so.
        by_profile: bool,
    },
    /// A variable lives on the heap.
    MovedToHeap {
        /// Its name.
        variable: String,
    },
    /// The profile has the call hot, and so it may be inlined although it costs more than others may.
    Hot {
        /// With its package: `main.mix`.
        callee: String,
        /// Its cost.
        cost: u32,
        /// The function around it.
        caller: String,
    },
}

/// Reads a text.
#[must_use]
pub fn remarks(text: &str) -> Remarks {
    let mut read = Remarks::default();
    for line in text.lines() {
        if let Some(percent) = line.strip_prefix("hot-callsite-thres-from-CDF=") {
            read.hot_from = percent.trim().parse().ok().filter(|percent: &f64| percent.is_finite());
        } else if let Some((_, function)) = line
            .strip_prefix("hot-node enabled increased budget=")
            .and_then(|rest| rest.split_once("for func="))
        {
            read.hot_functions.push(function.to_owned());
        } else {
            read.remarks.extend(hot(line).or_else(|| placed(line)));
        }
    }
    // The same call is thought of more than once.
    read.remarks.sort();
    read.remarks.dedup();
    read.hot_functions.sort();
    read.hot_functions.dedup();
    read
}

/// `hot-budget check allows inlining for call main.mix (cost 82) at ./digest.go:25:16 in function main.run`
fn hot(line: &str) -> Option<Remark> {
    let rest = line.strip_prefix("hot-budget check allows inlining for call ")?;
    let (callee, rest) = rest.split_once(" (cost ")?;
    let (cost, rest) = rest.split_once(") at ")?;
    let (place, caller) = rest.split_once(" in function ")?;
    let (file, line, column) = position(place)?;
    let said = Said::Hot { callee: callee.to_owned(), cost: cost.parse().ok()?, caller: caller.to_owned() };
    Some(Remark { file, line, column, said })
}

/// `./digest.go:25:16: inlining call to mix`
fn placed(line: &str) -> Option<Remark> {
    let (place, text) = line.split_once(": ")?;
    let (file, line, column) = position(place)?;
    Some(Remark { file, line, column, said: said(text)? })
}

fn said(text: &str) -> Option<Said> {
    let owned = str::to_owned;
    if let Some(callee) = text.strip_prefix("inlining call to ") {
        return Some(Said::Inlined { callee: owned(callee) });
    }
    if let Some(variable) = text.strip_prefix("moved to heap: ") {
        return Some(Said::MovedToHeap { variable: owned(variable) });
    }
    let by_profile = text.starts_with("PGO devirtualizing ");
    let rest = ["PGO devirtualizing interface call ", "PGO devirtualizing function call ", "devirtualizing "];
    let rest = rest.iter().find_map(|start| text.strip_prefix(start))?;
    let (call, to) = rest.split_once(" to ")?;
    Some(Said::Devirtualized { call: owned(call), to: owned(to), by_profile })
}

/// `./digest.go:25:16`; generated code has no column.
fn position(text: &str) -> Option<(String, u32, u32)> {
    let (rest, column) = text.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    let file = file.strip_prefix("./").unwrap_or(file);
    Some((file.to_owned(), line.parse().ok()?, column.parse().ok()?)).filter(|_| !file.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Go 1.26.8 wrote it, shortened.
    const TEXT: &str = "# example.com/checksums
./main.go:59:23: PGO devirtualizing interface call digest.Update to (*Mixed).Update
hot-callsite-thres-from-CDF=9.35483870967742
./digest.go:12:6: can inline (*Plain).Update
hot-node enabled increased budget=2000 for func=main.mix
hot-budget check allows inlining for call main.mix (cost 82) at ./digest.go:25:16 in function main.(*Mixed).Update
hot-budget check allows inlining for call main.mix (cost 82) at ./digest.go:25:16 in function main.(*Mixed).Update
./digest.go:25:16: inlining call to mix
cache/cache.go:7:2: devirtualizing store.Get to *memory
cache/cache.go:9:2: moved to heap: e
cache/cache.go:9:2: e does not escape
<autogenerated>:1: inlining call to hex.Encode
";

    #[test]
    fn each_remark_has_its_place_and_is_told_once() {
        let read = remarks(TEXT);
        let at = |file: &str, line, column, said| Remark { file: file.to_owned(), line, column, said };
        let devirtualized = |call: &str, to: &str, by_profile| Said::Devirtualized {
            call: call.to_owned(),
            to: to.to_owned(),
            by_profile,
        };
        let hot =
            Said::Hot { callee: "main.mix".into(), cost: 82, caller: "main.(*Mixed).Update".to_owned() };
        let expected = [
            at("cache/cache.go", 7, 2, devirtualized("store.Get", "*memory", false)),
            at("cache/cache.go", 9, 2, Said::MovedToHeap { variable: "e".to_owned() }),
            at("digest.go", 25, 16, Said::Inlined { callee: "mix".to_owned() }),
            at("digest.go", 25, 16, hot),
            at("main.go", 59, 23, devirtualized("digest.Update", "(*Mixed).Update", true)),
        ];
        assert_eq!(read.remarks, expected);
        assert_eq!(read.hot_functions, ["main.mix"]);
        assert_eq!(read.hot_from, Some(9.354_838_709_677_42));
    }

    #[test]
    fn text_cut_anywhere_is_read_without_a_panic_and_other_text_has_no_remarks() {
        for (at, _) in TEXT.char_indices() {
            assert!(remarks(&TEXT[..at]).remarks.len() <= 5);
        }
        let others = [
            "",
            ":",
            "a:1",
            "::: inlining call to x",
            "x.go:1:99999999999: moved to heap: x",
            "hot-budget check",
        ];
        for text in others {
            assert_eq!(remarks(text), Remarks::default(), "{text}");
        }
    }
}
