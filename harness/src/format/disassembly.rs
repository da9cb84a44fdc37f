//! The text of Go's disassembler (`go tool objdump`).
//!
//! Input: its output for some functions. Output: instructions by source line, without addresses: where the linker put something
//! is no difference between two programs. A jump goes to the line of what it jumps to. Forms seen with Go
//! 1.23-1.27 on amd64 and arm64; what is not understood stays as it is.

/// An instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disassembled {
    /// Last element of the source file's name.
    pub file: String,
    /// Line that it is of.
    pub line: u32,
    /// Where it is.
    pub address: u64,
    /// Without addresses.
    pub text: String,
}

/// Where an instruction is, and of what.
type Place = (u64, String, u32);

/// Reads a text. Lines that are no instructions are left out.
#[must_use]
pub fn disassembled(text: &str) -> Vec<Disassembled> {
    let mut read: Vec<Disassembled> = text.lines().filter_map(instruction).collect();
    let places: Vec<Place> = read.iter().map(|one| (one.address, one.file.clone(), one.line)).collect();
    for (index, one) in read.iter_mut().enumerate() {
        one.text = without_addresses(&one.text, index, &places);
    }
    read
}

/// `  main.go:53\t\t0x4cbfe0\t\t493b6610\t\tCMPQ SP, 0x10(R14)`
fn instruction(line: &str) -> Option<Disassembled> {
    let mut fields = line.split('\t').map(str::trim).filter(|field| !field.is_empty());
    let (file, line) = fields.next()?.rsplit_once(':')?;
    let line = line.parse().ok()?;
    let address = u64::from_str_radix(fields.next()?.strip_prefix("0x")?, 16).ok()?;
    let text = fields.nth(1)?.to_owned();
    Some(Disassembled { file: file.to_owned(), line, address, text })
}

fn without_addresses(text: &str, index: usize, places: &[Place]) -> String {
    let (name, operands) = text.split_once(' ').unwrap_or((text, ""));
    if operands.is_empty() {
        return text.to_owned();
    }
    let operands: Vec<String> =
        operands.split(", ").map(|operand| operand_without_address(operand, index, places)).collect();
    format!("{name} {}", operands.join(", "))
}

fn operand_without_address(operand: &str, index: usize, places: &[Place]) -> String {
    let here = places.get(index).map(|(_, file, _)| file);
    let to_line = |(_, file, line): &Place| match here == Some(file) {
        true => format!("line {line}"),
        false => format!("{file}:{line}"),
    };
    // x86: the address of an instruction of the function.
    if let Some(address) = operand.strip_prefix("0x").and_then(|hex| u64::from_str_radix(hex, 16).ok())
        && let Some(place) = places.iter().find(|(place, ..)| *place == address)
    {
        return to_line(place);
    }
    if let Some(distance) = operand.strip_suffix("(PC)") {
        // arm64: so many instructions from here.
        let target = distance
            .parse::<i64>()
            .ok()
            .and_then(|by| usize::try_from((index as i64).saturating_add(by)).ok());
        let line = target.and_then(|target| places.get(target)).map(to_line);
        return line.unwrap_or_else(|| "data(PC)".to_owned());
    }
    if operand.ends_with("(IP)") {
        return "data(IP)".to_owned();
    }
    // A place within what the linker merged: `go:string.*+4512(SB)`.
    match operand.split_once('+') {
        Some((symbol, rest)) if symbol.ends_with('*') || symbol.starts_with("runtime.") => {
            let after = rest.find('(').and_then(|at| rest.get(at..)).unwrap_or_default();
            format!("{symbol}{after}")
        }
        _ => operand.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Go 1.26.8 prints it.
    const AMD64: &str = "TEXT main.handle(SB) /src/main.go
  main.go:53\t\t0x4cbfe0\t\t493b6610\t\tCMPQ SP, 0x10(R14)\t\t\t
  main.go:53\t\t0x4cbfe4\t\t0f8603000000\t\tJBE 0x4cbff0\t\t\t\t
  main.go:54\t\t0x4cbfea\t\t488d05\t\tLEAQ 0x1234(IP), AX\t\t\t\t
  main.go:54\t\t0x4cbfec\t\te8\t\tCALL runtime.newobject(SB)\t\t\t\t
  main.go:54\t\t0x4cbfee\t\t488d05\t\tLEAQ go:string.*+4512(SB), AX\t\t\t\t
  main.go:61\t\t0x4cbff0\t\tc3\t\tRET\t\t\t\t\t
";

    fn texts(text: &str) -> Vec<(u32, String)> {
        disassembled(text).into_iter().map(|one| (one.line, one.text)).collect()
    }

    #[test]
    fn addresses_give_way_to_lines_and_names() {
        let expected = [
            (53, "CMPQ SP, 0x10(R14)"),
            (53, "JBE line 61"),
            (54, "LEAQ data(IP), AX"),
            (54, "CALL runtime.newobject(SB)"),
            (54, "LEAQ go:string.*(SB), AX"),
            (61, "RET"),
        ];
        assert_eq!(texts(AMD64), expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn jumps_by_instructions_go_to_lines_too() {
        let text = "  n.go:2\t0xc\t17\tJMP 4(PC)\n  m.go:3\t0x10\t5400\tBLS 2(PC)\n  m.go:4\t0x14\tf00\tMOVD R1, R2\n  m.go:5\t0x18\t1700\tJMP -2(PC)\n  m.go:6\t0x1c\t90\tADRP 77824(PC), R0\n";
        let expected = [
            (2, "JMP m.go:6"),
            (3, "BLS line 5"),
            (4, "MOVD R1, R2"),
            (5, "JMP line 3"),
            (6, "ADRP data(PC), R0"),
        ];
        assert_eq!(texts(text), expected.map(|(line, text)| (line, text.to_owned())));
    }

    #[test]
    fn text_cut_anywhere_is_read_without_a_panic() {
        for at in 0..AMD64.len() {
            assert!(disassembled(&AMD64[..at]).len() <= 6);
        }
        for other in [
            "",
            "\t\t\t",
            "a:1\t0x\t\tx",
            "a:1\t0xffffffffffffffffff\t00\tJMP 0x1",
            "a:1\t0x1\t00\tB -9223372036854775808(PC)",
        ] {
            assert!(disassembled(other).len() <= 1);
        }
    }
}
