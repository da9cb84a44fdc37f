//! Filters by name and by label, as pprof's options of the same names work.
//!
//! A location matches if one of its functions' names or files does, or the file that it is mapped from.

use regex::Regex;

use super::tagfilter::TagFilter;
use super::view::View;
use crate::format::pprof::Line;

/// Filters as typed: regular expressions, empty for none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filters {
    /// Only samples with a match in their stack.
    pub focus: String,
    /// No samples with a match in their stack.
    pub ignore: String,
    /// No frames that match.
    pub hide: String,
    /// Only frames that match.
    pub show: String,
    /// Nothing above the outermost frame that matches, and only samples with one.
    pub show_from: String,
    /// Only samples with such labels.
    pub tagfocus: String,
    /// No samples with such labels.
    pub tagignore: String,
}

/// A filter that cannot be understood.
#[derive(Debug, Clone, thiserror::Error)]
#[error("`--{option} {text}` is no regular expression: {reason}")]
pub struct FilterError {
    option: &'static str,
    text: String,
    reason: String,
}

/// Filters that met nothing, by their names.
pub type Unmatched = Vec<&'static str>;

impl Filters {
    /// Those that are set, by name, in pprof's order.
    #[must_use]
    pub fn active(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("focus", &self.focus),
            ("ignore", &self.ignore),
            ("hide", &self.hide),
            ("show", &self.show),
            ("show_from", &self.show_from),
            ("tagfocus", &self.tagfocus),
            ("tagignore", &self.tagignore),
        ];
        all.into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name, text.as_str()))
            .collect()
    }
}

pub(super) fn compile(option: &'static str, text: &str) -> Result<Option<Regex>, FilterError> {
    if text.is_empty() {
        return Ok(None);
    }
    Regex::new(text).map(Some).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        FilterError { option, text: text.to_owned(), reason }
    })
}

impl View<'_> {
    /// Applies filters. Percentages stay those of the whole.
    ///
    /// # Errors
    /// When one is no regular expression.
    pub fn filter(&mut self, filters: &Filters) -> Result<Unmatched, FilterError> {
        let mut unmatched = Unmatched::new();
        self.by_name(filters, &mut unmatched)?;
        if let Some(regex) = compile("show-from", &filters.show_from)? {
            let matcher = Matcher::new(self, &regex);
            if !self.show_from(&matcher) {
                unmatched.push("show_from");
            }
        }
        self.by_tag(filters, &mut unmatched)?;
        Ok(unmatched)
    }

    fn by_name(&mut self, filters: &Filters, unmatched: &mut Unmatched) -> Result<(), FilterError> {
        let matcher = |option, text: &str| Ok(compile(option, text)?.map(|regex| Matcher::new(self, &regex)));
        let focus = matcher("focus", &filters.focus)?;
        let ignore = matcher("ignore", &filters.ignore)?;
        let hide = matcher("hide", &filters.hide)?;
        let show = matcher("show", &filters.show)?;
        if [&focus, &ignore, &hide, &show].iter().all(|one| one.is_none()) {
            return Ok(());
        }
        let mut matched = Matched::default();
        let mut verdicts = Vec::with_capacity(self.places.len());
        for at in 0..self.places.len() {
            verdicts.push(self.verdict(at, focus.as_ref(), ignore.as_ref(), &mut matched));
            if let Some(hide) = &hide {
                matched.hide |= self.hide(at, hide);
            }
            if let Some(show) = &show {
                matched.show |= self.show(at, show);
            }
        }
        self.keep(&verdicts);
        for (asked, met, name) in [
            (focus.is_some(), matched.focus, "focus"),
            (ignore.is_some(), matched.ignore, "ignore"),
            (hide.is_some(), matched.hide, "hide"),
            (show.is_some(), matched.show, "show"),
        ] {
            if asked && !met {
                unmatched.push(name);
            }
        }
        Ok(())
    }

    fn verdict(
        &self,
        at: usize,
        focus: Option<&Matcher>,
        ignore: Option<&Matcher>,
        matched: &mut Matched,
    ) -> Verdict {
        if ignore.is_some_and(|ignore| ignore.location(self, at)) {
            matched.ignore = true;
            return Verdict::Ignored;
        }
        if focus.is_none_or(|focus| focus.location(self, at)) {
            matched.focus = true;
            return Verdict::Focused;
        }
        Verdict::None
    }

    /// Takes away the lines that match. Whether any does.
    fn hide(&mut self, at: usize, hide: &Matcher) -> bool {
        if !hide.location(self, at) {
            return false;
        }
        let mapping = hide.mapping(self, at);
        self.retain(at, |line| !mapping && !hide.line(line));
        true
    }

    /// Takes away the lines that do not match. Whether any does.
    fn show(&mut self, at: usize, show: &Matcher) -> bool {
        let mapping = show.mapping(self, at);
        self.retain(at, |line| mapping || show.line(line));
        !self.places[at].is_hidden
    }

    /// Leaves some lines of a location; without any it is hidden.
    fn retain(&mut self, at: usize, is_kept: impl Fn(&Line) -> bool) {
        let place = self.places[at];
        let kept: Vec<Line> = self.lines(&place).iter().filter(|line| is_kept(line)).copied().collect();
        let place = &mut self.places[at];
        if kept.len() != place.len as usize {
            place.start = self.lines.len() as u32;
            place.len = kept.len() as u32;
            self.lines.extend(kept);
        }
        place.is_hidden |= place.len == 0;
    }

    /// Leaves samples with a focused location and no ignored one, and something to show.
    fn keep(&mut self, verdicts: &[Verdict]) {
        let verdict = |id: usize| verdicts.get(id).copied().unwrap_or(Verdict::None);
        let places = &self.places;
        let profile = self.profile;
        self.samples.retain(|shown| {
            let Some(sample) = profile.samples.get(shown.index as usize) else { return false };
            let stack = sample.stack.get(shown.start as usize..shown.end as usize).unwrap_or_default();
            let (mut is_focused, mut is_visible) = (false, false);
            for id in stack {
                match verdict(id.0 as usize) {
                    Verdict::Ignored => return false,
                    Verdict::Focused => is_focused = true,
                    Verdict::None => {}
                }
                is_visible |= places.get(id.0 as usize).is_some_and(|place| !place.is_hidden);
            }
            is_focused && is_visible
        });
    }

    /// Cuts stacks above the outermost match. Whether there is one in any location.
    fn show_from(&mut self, matcher: &Matcher) -> bool {
        let mut matches = vec![false; self.places.len()];
        for (at, matches) in matches.iter_mut().enumerate() {
            if matcher.mapping(self, at) {
                *matches = true;
            } else if let Some(last) =
                self.lines(&self.places[at]).iter().rposition(|line| matcher.line(line))
            {
                self.places[at].len = last as u32 + 1;
                *matches = true;
            }
        }
        let (places, profile) = (&self.places, self.profile);
        self.samples.retain_mut(|shown| {
            let Some(sample) = profile.samples.get(shown.index as usize) else { return false };
            let stack = sample.stack.get(shown.start as usize..shown.end as usize).unwrap_or_default();
            let found = stack.iter().rposition(|id| {
                let id = id.0 as usize;
                matches.get(id).copied().unwrap_or(false)
                    && places.get(id).is_some_and(|place| !place.is_hidden)
            });
            let Some(at) = found else { return false };
            shown.end = shown.start + at as u32 + 1;
            true
        });
        matches.contains(&true)
    }

    fn by_tag(&mut self, filters: &Filters, unmatched: &mut Unmatched) -> Result<(), FilterError> {
        let focus = TagFilter::new("tagfocus", &filters.tagfocus, self)?;
        let ignore = TagFilter::new("tagignore", &filters.tagignore, self)?;
        if focus.is_none() && ignore.is_none() {
            return Ok(());
        }
        let (mut focused, mut ignored) = (false, false);
        let profile = self.profile;
        self.samples.retain(|shown| {
            let Some(sample) = profile.samples.get(shown.index as usize) else { return false };
            let is_focused = focus.as_ref().is_none_or(|focus| focus.takes(profile, &sample));
            let is_ignored = ignore.as_ref().is_some_and(|ignore| ignore.takes(profile, &sample));
            focused |= is_focused;
            ignored |= is_ignored;
            is_focused && !is_ignored
        });
        if focus.is_some() && !focused {
            unmatched.push("tagfocus");
        }
        if ignore.is_some() && !ignored {
            unmatched.push("tagignore");
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    None,
    Focused,
    Ignored,
}

/// Filters that met something.
#[derive(Debug, Default)]
struct Matched {
    focus: bool,
    ignore: bool,
    hide: bool,
    show: bool,
}

/// What an expression matches, by index.
struct Matcher {
    functions: Vec<bool>,
    mappings: Vec<bool>,
}

impl Matcher {
    fn new(view: &View<'_>, regex: &Regex) -> Self {
        let profile = view.profile;
        let functions = profile.functions.iter().zip(&view.names);
        let function = |(function, name): (&crate::format::pprof::Function, &std::borrow::Cow<'_, str>)| {
            regex.is_match(name) || regex.is_match(profile.strings.get(function.file))
        };
        let mapping =
            |mapping: &crate::format::pprof::Mapping| regex.is_match(profile.strings.get(mapping.file));
        Self {
            functions: functions.map(function).collect(),
            mappings: profile.mappings.iter().map(mapping).collect(),
        }
    }

    fn line(&self, line: &Line) -> bool {
        self.functions.get(line.function.0 as usize).copied().unwrap_or(false)
    }

    fn mapping(&self, view: &View<'_>, at: usize) -> bool {
        let mapping = view.profile.locations.get(at).and_then(|location| location.mapping);
        mapping.and_then(|mapping| self.mappings.get(mapping as usize)).copied().unwrap_or(false)
    }

    fn location(&self, view: &View<'_>, at: usize) -> bool {
        let lines = view.places.get(at).map(|place| view.lines(place)).unwrap_or_default();
        lines.iter().any(|line| self.line(line)) || self.mapping(view, at)
    }
}
