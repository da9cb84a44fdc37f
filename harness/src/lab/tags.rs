//! Which files variants take in, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::{Records, against};
use crate::model::lab::tags::{Chosen, Decided, TagsAnswer, TagsDifference, TagsFacts, UnknownTag};
use crate::model::lab::{Expected, OfVariant};
use crate::scenario::LabExpect;
use crate::toolchain::lab::tags::{FileDecision, PackageFiles, TagsRecord, Why};

/// The answer.
#[must_use]
pub fn answer(records: Records<'_, TagsRecord>, expect: &LabExpect) -> TagsAnswer {
    let anywhere: BTreeSet<(&str, &str)> = records.of.iter().flat_map(|(_, record)| taken(record)).collect();
    let variants: Vec<OfVariant<TagsFacts>> = records
        .of
        .iter()
        .map(|(variant, record)| OfVariant { variant: variant.clone(), of: facts(record, &anywhere) })
        .collect();
    let wrapped: Vec<OfVariant<&TagsRecord>> = records
        .of
        .iter()
        .map(|(variant, record)| OfVariant { variant: variant.clone(), of: record })
        .collect();
    let differences = against(&wrapped, records.reference, |base, other| differ(base, other));
    let expected = if expect.known_tags == Some(true) { expected(&variants) } else { Vec::new() };
    let headline = headline(&variants, &differences);
    TagsAnswer { headline, variants, differences, expected, not_run: Vec::new() }
}

fn files(record: &TagsRecord) -> impl Iterator<Item = (&PackageFiles, &FileDecision)> {
    let packages = record.packages.iter().flatten();
    packages.flat_map(|package| package.files.iter().map(move |file| (package, file)))
}

fn taken(record: &TagsRecord) -> impl Iterator<Item = (&str, &str)> {
    files(record).filter(|(_, file)| file.taken).map(|(package, file)| (&*package.path, &*file.name))
}

fn facts(record: &TagsRecord, anywhere: &BTreeSet<(&str, &str)>) -> TagsFacts {
    let count = |wanted: &dyn Fn(&FileDecision) -> bool| {
        u32::try_from(files(record).filter(|(_, file)| wanted(file)).count()).unwrap_or(u32::MAX)
    };
    let decided = files(record)
        .filter(|(package, file)| !package.standard && (file.why != Why::Always || !file.taken))
        .map(|(package, file)| Decided {
            package: package.path.clone(),
            file: file.name.clone(),
            own: package.main,
            taken: file.taken,
            nowhere: file.why != Why::Test
                && !anywhere.contains(&(package.path.as_str(), file.name.as_str())),
            because: because(file, record),
        })
        .collect();
    TagsFacts {
        target: format!("{}/{}", record.goos, record.goarch),
        cgo: record.cgo,
        tags: record.tags.iter().flatten().cloned().collect(),
        unknown: unknown(record),
        taken: count(&|file| file.taken),
        left_out: count(&|file| !file.taken && file.why != Why::Test),
        decided,
    }
}

/// Tags that are set and that no file mentions.
fn unknown(record: &TagsRecord) -> Vec<UnknownTag> {
    let mentioned: BTreeSet<&str> =
        files(record).flat_map(|(_, file)| &file.mentions).map(String::as_str).collect();
    let own: BTreeSet<&str> = files(record)
        .filter(|(package, _)| !package.standard)
        .flat_map(|(_, file)| &file.mentions)
        .map(String::as_str)
        .collect();
    let missing = record.tags.iter().flatten().filter(|tag| !mentioned.contains(tag.as_str()));
    missing
        .map(|tag| UnknownTag { tag: tag.clone(), near: near(tag, &own).or_else(|| near(tag, &mentioned)) })
        .collect()
}

/// A word that somebody may have meant: two of three letters are right.
fn near(tag: &str, known: &BTreeSet<&str>) -> Option<String> {
    let distance = |word: &&&str| strsim::damerau_levenshtein(tag, word);
    let best = known.iter().min_by_key(distance)?;
    (distance(&best) * 3 <= tag.chars().count()).then(|| (*best).to_owned())
}

/// What decides on a file, in words.
fn because(file: &FileDecision, record: &TagsRecord) -> String {
    let terms: Vec<String> = file.terms.iter().map(|term| words(&term.tag, term.set, record)).collect();
    let terms = terms.join(", ");
    match file.why {
        Why::Always => "nothing restricts it".to_owned(),
        Why::Constraint => format!("//go:build {}: {terms}", file.constraint),
        Why::Name if file.taken => format!("its name: for {}", targets(file)),
        Why::Name => {
            format!("its name: for {}, and the target is {}/{}", targets(file), record.goos, record.goarch)
        }
        Why::Cgo => format!("import \"C\": cgo is {}", if record.cgo { "on" } else { "off" }),
        Why::Test => "a test".to_owned(),
        Why::Other if file.taken => "go list takes it in".to_owned(),
        Why::Other => "go list leaves it out".to_owned(),
    }
}

/// What the end of a file's name says of targets.
fn targets(file: &FileDecision) -> String {
    let tags: Vec<&str> = file.terms.iter().map(|term| term.tag.as_str()).collect();
    tags.join(" and ")
}

fn words(tag: &str, set: bool, record: &TagsRecord) -> String {
    let is_tag = record.tags.iter().flatten().any(|own| own == tag);
    match (tag, set) {
        ("cgo", true) => "cgo is on".to_owned(),
        ("cgo", false) => "cgo is off".to_owned(),
        ("ignore", false) => "ignore is set nowhere".to_owned(),
        (tag, true) if is_tag => format!("{tag} is set"),
        (tag, true) if tag == record.goos || tag == record.goarch => format!("the target is {tag}"),
        (tag, true) => format!("{tag} holds"),
        (tag, false) => format!("{tag} is not set"),
    }
}

fn differ(base: &TagsRecord, other: &TagsRecord) -> Option<TagsDifference> {
    let (before, after): (BTreeSet<_>, BTreeSet<_>) = (taken(base).collect(), taken(other).collect());
    let decisions: BTreeMap<(&str, &str), &FileDecision> =
        files(other).map(|(package, file)| ((&*package.path, &*file.name), file)).collect();
    let packages = |of: &BTreeSet<(&str, &str)>| -> BTreeSet<String> {
        of.iter().map(|(package, _)| (*package).to_owned()).collect()
    };
    let (packages_before, packages_after) = (packages(&before), packages(&after));
    let chosen = |(package, file): &(&str, &str)| Chosen {
        package: (*package).to_owned(),
        file: (*file).to_owned(),
        because: decisions
            .get(&(*package, *file))
            .map_or_else(|| "its package is not in the program".to_owned(), |file| because(file, other)),
    };
    let difference = TagsDifference {
        // A package that is new as a whole is told as one.
        added: after
            .difference(&before)
            .filter(|(package, _)| packages_before.contains(*package))
            .map(chosen)
            .collect(),
        removed: before
            .difference(&after)
            .filter(|(package, _)| packages_after.contains(*package))
            .map(chosen)
            .collect(),
        packages_added: packages_after.difference(&packages_before).cloned().collect(),
        packages_removed: packages_before.difference(&packages_after).cloned().collect(),
    };
    (difference != TagsDifference::default()).then_some(difference)
}

fn expected(variants: &[OfVariant<TagsFacts>]) -> Vec<Expected> {
    let line = |facts: &OfVariant<TagsFacts>| {
        let unknown: Vec<String> = facts.of.unknown.iter().map(told).collect();
        Expected {
            variant: facts.variant.clone(),
            expected: "known_tags = true".to_owned(),
            found: match (facts.of.tags.as_slice(), unknown.as_slice()) {
                ([], _) => "no tags".to_owned(),
                (tags, []) => format!("files that mention {}", tags.join(", ")),
                (_, unknown) => format!("no file that mentions {}", unknown.join(", ")),
            },
            holds: unknown.is_empty(),
        }
    };
    variants.iter().map(line).collect()
}

/// `prd (prod?)`
fn told(unknown: &UnknownTag) -> String {
    let near = unknown.near.as_ref().map(|near| format!(" (meant `{near}`?)"));
    format!("`{}`{}", unknown.tag, near.unwrap_or_default())
}

fn headline(variants: &[OfVariant<TagsFacts>], differences: &[OfVariant<TagsDifference>]) -> String {
    let mut parts = Vec::new();
    let n_others = variants.len().saturating_sub(1);
    parts.push(match (n_others, differences.len()) {
        (0, _) => format!("{} files are taken in", variants.first().map_or(0, |facts| facts.of.taken)),
        (_, 0) => "all variants take in the same files".to_owned(),
        (others, n) => format!("{n} of {others} variants take in other files than the reference"),
    });
    let nowhere: BTreeSet<(&str, &str)> = variants
        .iter()
        .flat_map(|facts| &facts.of.decided)
        .filter(|file| file.nowhere && file.own)
        .map(|file| (&*file.package, &*file.file))
        .collect();
    match nowhere.len() {
        0 => {}
        1 => parts.push("1 file of the module is in no variant".to_owned()),
        n => parts.push(format!("{n} files of the module are in no variant")),
    }
    let unknown: BTreeSet<String> = variants.iter().flat_map(|facts| &facts.of.unknown).map(told).collect();
    if !unknown.is_empty() {
        let unknown: Vec<String> = unknown.into_iter().collect();
        parts.push(format!("no file mentions the tag {}", unknown.join(", ")));
    }
    parts.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toolchain::lab::tags::Term;

    fn file(name: &str, taken: bool, why: Why, mentions: &[&str]) -> FileDecision {
        let mentions: Vec<String> = mentions.iter().map(|tag| (*tag).to_owned()).collect();
        let terms = mentions.iter().map(|tag| Term { tag: tag.clone(), set: taken }).collect();
        let constraint = mentions.join(" && ");
        FileDecision { name: name.to_owned(), taken, why, constraint, terms, mentions }
    }

    fn record(tags: &[&str], files: Vec<FileDecision>) -> TagsRecord {
        let package =
            PackageFiles { path: "m".into(), module: "m".into(), main: true, standard: false, files };
        TagsRecord {
            goos: "linux".into(),
            goarch: "amd64".into(),
            cgo: false,
            tags: Some(tags.iter().map(|tag| (*tag).to_owned()).collect()),
            packages: Some(vec![package]),
        }
    }

    fn two() -> [(String, TagsRecord); 2] {
        let of = |prod: bool, tags: &[&str]| {
            record(
                tags,
                vec![
                    file("main.go", true, Why::Always, &[]),
                    file("prod.go", prod, Why::Constraint, &["prod"]),
                    file("other_windows.go", false, Why::Name, &["windows"]),
                    file("main_test.go", false, Why::Test, &[]),
                ],
            )
        };
        [("a".to_owned(), of(false, &["prd"])), ("b".to_owned(), of(true, &["prod"]))]
    }

    #[test]
    fn a_tag_that_no_file_mentions_is_named_with_the_one_that_was_meant() {
        let records = two();
        let expect = LabExpect { known_tags: Some(true), ..LabExpect::default() };
        let answer = answer(Records { of: &records, reference: "a" }, &expect);
        let unknown = UnknownTag { tag: "prd".into(), near: Some("prod".into()) };
        assert_eq!(
            (&answer.variants[0].of.unknown, &answer.variants[1].of.unknown),
            (&vec![unknown], &Vec::new())
        );
        let holds: Vec<(bool, &str)> =
            answer.expected.iter().map(|line| (line.holds, &*line.found)).collect();
        let expected =
            [(false, "no file that mentions `prd` (meant `prod`?)"), (true, "files that mention prod")];
        assert_eq!(holds, expected);
    }

    #[test]
    fn a_file_has_its_reason_and_one_that_no_variant_takes_in_is_told() {
        let records = two();
        let answer = answer(Records { of: &records, reference: "a" }, &LabExpect::default());
        let decided: Vec<(&str, bool, &str)> = answer.variants[0]
            .of
            .decided
            .iter()
            .map(|file| (&*file.file, file.nowhere, &*file.because))
            .collect();
        let expected = [
            ("prod.go", false, "//go:build prod: prod is not set"),
            ("other_windows.go", true, "its name: for windows, and the target is linux/amd64"),
            ("main_test.go", false, "a test"),
        ];
        assert_eq!(decided, expected);
        assert_eq!((answer.variants[0].of.taken, answer.variants[0].of.left_out), (1, 2));
        let added: Vec<(&str, &str)> =
            answer.differences[0].of.added.iter().map(|file| (&*file.file, &*file.because)).collect();
        assert_eq!(added, [("prod.go", "//go:build prod: prod is set")]);
        assert_eq!(
            answer.headline,
            "1 of 1 variants take in other files than the reference; 1 file of the module is in no variant; \
             no file mentions the tag `prd` (meant `prod`?)"
        );
    }

    #[test]
    fn a_package_that_is_new_as_a_whole_is_told_as_one() {
        let base = record(&[], vec![file("main.go", true, Why::Always, &[])]);
        let mut other = base.clone();
        let new = PackageFiles {
            path: "p".into(),
            files: vec![file("p.go", true, Why::Always, &[])],
            ..Default::default()
        };
        other.packages.iter_mut().for_each(|all| all.push(new.clone()));
        let difference = differ(&base, &other).expect("a difference");
        assert_eq!(
            (difference.added.len(), difference.packages_added.as_slice()),
            (0, ["p".to_owned()].as_slice())
        );
        let back = differ(&other, &base).expect("a difference");
        assert_eq!((back.removed.len(), back.packages_removed.as_slice()), (0, ["p".to_owned()].as_slice()));
    }
}
