//! Machine code of one function, of two variants side by side.

use std::collections::BTreeMap;

use crate::format::disassembly::{Disassembled, disassembled};
use crate::lab::Records;
use crate::model::lab::OfVariant;
use crate::model::lab::code::{Assembly, AssemblyRow, CodeAnswer, CodeDifference, Instruction};
use crate::toolchain::lab::Disassembly;

/// Instructions of one source line that are matched with care; beyond, one by one.
const MAX_MATCHED: usize = 500;

/// Adds the machine code of `function` to facts and differences.
pub fn add_assembly(answer: &mut CodeAnswer, function: &str, records: Records<'_, Disassembly>) {
    for (variant, record) in records.of {
        let Some(facts) = answer.variants.iter_mut().find(|facts| facts.variant == *variant) else {
            continue;
        };
        let instructions = disassembled(&record.text).into_iter().map(instruction).collect();
        let function = function.to_owned();
        facts.of.assembly = Some(Assembly { function, instructions, from_twin: record.from_twin });
    }
    let of = |variant: &str| answer.of(variant)?.assembly.as_ref();
    let Some(base) = of(records.reference).cloned() else { return };
    let others: Vec<(String, Assembly)> = answer
        .variants
        .iter()
        .filter(|facts| facts.variant != records.reference)
        .filter_map(|facts| Some((facts.variant.clone(), facts.of.assembly.clone()?)))
        .collect();
    for (variant, other) in others {
        let rows = side_by_side(&base.instructions, &other.instructions);
        let known = answer.differences.iter_mut().find(|difference| difference.variant == variant);
        match known {
            Some(difference) => difference.of.assembly = Some(rows),
            None => {
                let of = CodeDifference { assembly: Some(rows), ..CodeDifference::default() };
                answer.differences.push(OfVariant { variant, of });
            }
        }
    }
}

fn instruction(Disassembled { file, line, address, text }: Disassembled) -> Instruction {
    Instruction { file, line, address, text }
}

/// Instructions that do nothing: where loops begin on an even address.
const PADDING: [&str; 4] = ["NOPL", "NOPW", "NOPB", "XCHGW AX, AX"];

type Line<'a> = (&'a str, u32);

/// Instructions beside each other, a source line at a time: what the compiler moved from one line's to another's place is no
/// difference.
fn side_by_side(base: &[Instruction], other: &[Instruction]) -> Vec<AssemblyRow> {
    let mut lines: BTreeMap<Line<'_>, (Vec<&str>, Vec<&str>)> = BTreeMap::new();
    let counts = |one: &&Instruction| {
        !PADDING.iter().any(|name| one.text == *name || one.text.starts_with(&format!("{name} ")))
    };
    for one in base.iter().filter(counts) {
        lines.entry((&one.file, one.line)).or_default().0.push(&one.text);
    }
    for one in other.iter().filter(counts) {
        lines.entry((&one.file, one.line)).or_default().1.push(&one.text);
    }
    lines.into_iter().flat_map(|(line, (base, other))| line_by_line(line, &base, &other)).collect()
}

fn line_by_line((file, line): Line<'_>, base: &[&str], other: &[&str]) -> Vec<AssemblyRow> {
    let row = |base: Option<&&str>, other: Option<&&str>| AssemblyRow {
        file: file.to_owned(),
        line,
        base: base.map(|text| (*text).to_owned()),
        other: other.map(|text| (*text).to_owned()),
    };
    let mut rows = Vec::new();
    let (mut b, mut o) = (0, 0);
    for (at_base, at_other) in common(base, other).into_iter().chain([(base.len(), other.len())]) {
        // What is in between has no like: it stands beside each other as it comes.
        for step in 0..(at_base - b).max(at_other - o) {
            rows.push(row(base[b..at_base].get(step), other[o..at_other].get(step)));
        }
        if at_base < base.len() {
            rows.push(row(base.get(at_base), other.get(at_other)));
        }
        (b, o) = (at_base + 1, at_other + 1);
    }
    rows
}

/// Places of a longest common subsequence.
fn common(base: &[&str], other: &[&str]) -> Vec<(usize, usize)> {
    if base.len() > MAX_MATCHED || other.len() > MAX_MATCHED {
        let same = base.iter().zip(other).enumerate().filter(|(_, (one, two))| one == two);
        return same.map(|(at, _)| (at, at)).collect();
    }
    let width = other.len() + 1;
    let mut longest = vec![0_u32; (base.len() + 1) * width];
    for (b, one) in base.iter().enumerate().rev() {
        for (o, two) in other.iter().enumerate().rev() {
            longest[b * width + o] = match one == two {
                true => longest[(b + 1) * width + o + 1] + 1,
                false => longest[(b + 1) * width + o].max(longest[b * width + o + 1]),
            };
        }
    }
    let (mut b, mut o, mut found) = (0, 0, Vec::new());
    while b < base.len() && o < other.len() {
        if base[b] == other[o] {
            found.push((b, o));
            (b, o) = (b + 1, o + 1);
        } else if longest[(b + 1) * width + o] >= longest[b * width + o + 1] {
            b += 1;
        } else {
            o += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instructions(texts: &[(u32, &str)]) -> Vec<Instruction> {
        let one = |(line, text): &(u32, &str)| Instruction {
            file: "m.go".to_owned(),
            line: *line,
            address: 0,
            text: (*text).to_owned(),
        };
        texts.iter().map(one).collect()
    }

    fn rows(base: &[(u32, &str)], other: &[(u32, &str)]) -> Vec<(u32, String, String)> {
        let rows = side_by_side(&instructions(base), &instructions(other));
        rows.into_iter()
            .map(|row| (row.line, row.base.unwrap_or_default(), row.other.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn instructions_of_a_line_stand_beside_their_like() {
        let base = [(3, "A"), (4, "B"), (3, "C"), (4, "D"), (5, "E")];
        let other = [(3, "A"), (3, "X"), (3, "C"), (4, "D")];
        let expected =
            [(3, "A", "A"), (3, "", "X"), (3, "C", "C"), (4, "B", ""), (4, "D", "D"), (5, "E", "")];
        let expected = expected.map(|(line, base, other)| (line, base.to_owned(), other.to_owned()));
        assert_eq!(rows(&base, &other), expected);
        assert_eq!(rows(&[(1, "A")], &[(1, "B")]), [(1, "A".to_owned(), "B".to_owned())]);
        assert_eq!(rows(&[], &[]), []);
        assert_eq!(rows(&[(1, "NOPW"), (1, "NOPL 0(AX)")], &[]), []);
    }

    #[test]
    fn a_line_of_very_many_instructions_is_compared_one_by_one() {
        let many: Vec<(u32, &str)> =
            (0..=MAX_MATCHED).map(|at| (1, if at % 2 == 0 { "A" } else { "B" })).collect();
        let found = rows(&many, &many[1..]);
        assert!(found.len() > MAX_MATCHED && found.iter().all(|(_, base, other)| base != other));
    }
}
