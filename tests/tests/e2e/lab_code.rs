//! `harness build --show code`: what the compiler decided, told by real Go, and how another variant's code differs.

use anyhow::Result;
use harness_tests::{Bench, Ended};
use serde_json::Value;

/// `parse` costs more with the tag `strict`, and then keeps what it gets.
const MAIN: &str = "package main

import \"os\"

func main() {
	for range 300 {
		handle(os.Args)
	}
}

//go:noinline
func handle(words []string) int {
	sum := 0
	for at := range words {
		sum += parse(words, at)
	}
	return sum
}
";

const PLAIN: &str = "//go:build !strict

package main

func parse(words []string, at int) int { return len(words[at*7%5]) }
";

const STRICT: &str = "//go:build strict

package main

var kept *int

func parse(words []string, at int) int {
	n := len(words[at*7%5])
	kept = &n
	for _, c := range words[at] {
		if c == 'a' || c == 'b' && n > 3 || c > 'x' && n*n < 7 {
			n = n*3 + int(c)
		} else if c < 'A' && n%3 == 0 || c == 'Z' {
			n -= int(c)<<2 + len(words)*n ^ int(c)>>1
		} else if c == '-' || c == '+' && n != 9 {
			n++
		}
	}
	return n
}
";

const VARIANTS: &str = r#"
[[variant]]
name = "default"
[[variant]]
name = "strict"
build.tags = ["strict"]
[[variant]]
name = "no-inline"
build.gcflags = ["-l"]
[[variant]]
name = "no-bounds-checks"
build.gcflags = ["-B"]
build.trimpath = false
[[variant]]
name = "stripped"
build.debug = "stripped"
"#;

fn bench() -> Result<Bench> {
    let bench = Bench::with_module("parser", MAIN, VARIANTS)?;
    bench.write("parser/plain.go", PLAIN)?;
    bench.write("parser/strict.go", STRICT)?;
    Ok(bench)
}

fn build(bench: &Bench, arguments: &[&str]) -> Result<Ended> {
    let arguments = ["build", "parser", "--show", "code"].iter().chain(arguments);
    let ended = bench.run(arguments)?;
    assert_eq!(ended.code, Some(0), "{ended}");
    Ok(ended)
}

fn of<'a>(list: &'a Value, variant: &str) -> &'a Value {
    let found = list.as_array().into_iter().flatten().find(|one| one["variant"] == variant);
    found.map_or(&Value::Null, |one| &one["of"])
}

fn words(difference: &Value, function: &str) -> Vec<String> {
    let functions = difference["functions"].as_array().into_iter().flatten();
    let words =
        functions.filter(|one| one["name"] == function).flat_map(|one| one["words"].as_array()).flatten();
    words.filter_map(|words| Some(words.as_str()?.to_owned())).collect()
}

#[test]
fn each_flag_shows_in_the_compilers_decisions_and_a_stripped_program_is_compiled_alike() -> Result<()> {
    let bench = bench()?;
    let report = build(&bench, &["--format", "json"])?.json()?;
    let code = &report["answers"]["code"];
    let base = of(&code["variants"], "default");
    assert_eq!(
        (&base["totals"]["functions"], &base["totals"]["inlinable"]),
        (&3.into(), &2.into()),
        "{base}"
    );

    let strict = words(of(&code["differences"], "strict"), "main.parse");
    assert!(
        strict
            .iter()
            .any(|words| words.starts_with("no longer inlines (cost ") && words.ends_with(" over 80)")),
        "{strict:?}"
    );
    assert!(
        strict.iter().any(|words| words == "1 value escapes at strict.go:8: moved to heap: n"),
        "{strict:?}"
    );

    let no_inline = of(&code["differences"], "no-inline");
    let whole = no_inline["words"][0].as_str().unwrap_or_default();
    assert!(
        whole.starts_with("inlining is off (it was on: 2 functions may be, 1 call replaced"),
        "{no_inline}"
    );
    let linked = &of(&code["variants"], "no-inline")["functions"];
    let parse = linked.as_array().into_iter().flatten().find(|one| one["name"] == "main.parse");
    assert!(parse.is_some_and(|parse| parse["linked"]["size"].as_u64() > Some(0)), "{linked}");

    let unchecked = of(&code["variants"], "no-bounds-checks");
    assert_eq!(unchecked["totals"]["bounds_checks"], 0, "{unchecked}");
    let handle = words(of(&code["differences"], "no-bounds-checks"), "main.handle");
    assert!(handle.iter().any(|words| words == "1 bounds check fewer (0 left)"), "{handle:?}");

    assert_eq!(of(&code["differences"], "stripped"), &Value::Null, "{code}");
    let shown = build(&bench, &[])?;
    assert!(shown.stdout.contains("`main.parse` strict.go:7: no longer inlines (cost "), "{shown}");
    assert!(shown.stdout.contains("strict: 1 inlined call fewer, 1 value on the heap more"), "{shown}");
    Ok(())
}

#[test]
fn the_machine_code_of_a_function_stands_side_by_side_also_of_a_stripped_program() -> Result<()> {
    let bench = bench()?;
    let shown = build(&bench, &["--func", "main.handle", "--verbose"])?;
    let text = &shown.stdout;
    assert!(text.contains("stripped: `main.handle`: ") && text.contains("linked with symbols"), "{shown}");
    assert!(text.contains("stripped: the same instructions as the reference's, line by line"), "{shown}");
    let called = text.lines().find(|line| line.contains("CALL main.parse(SB)"));
    assert!(called.is_some_and(|line| line.contains("| CALL main.parse(SB)")), "{shown}");
    assert!(!text.lines().any(|line| line.contains("JLE 0x") || line.contains("JMP 0x")), "{shown}");

    let parse = build(&bench, &["--func", "main.parse"])?;
    assert!(parse.stdout.contains("default: `main.parse`: no code of its own"), "{parse}");
    let wrong = bench.run(["build", "parser", "--func", "main.handel"])?;
    assert_eq!(wrong.code, Some(2), "{wrong}");
    assert!(wrong.stderr.contains("did you mean `main.handle`?"), "{wrong}");
    Ok(())
}

#[test]
fn a_profile_inlines_what_is_hot_and_calls_directly_what_the_interface_mostly_comes_to() -> Result<()> {
    let bench = Bench::with_scenario("pgo", "checksums")?;
    let ended = bench.run(["build", "pgo", "--format", "json"])?;
    assert_eq!(ended.code, Some(0), "{ended}");
    let report = ended.json()?;
    let code = &report["answers"]["code"];
    let difference = of(&code["differences"], "auto");
    let handle = words(difference, "main.handle");
    let direct = "calls `digest.Update` as `(*Mixed).Update` directly (main.go:47, by the profile)";
    assert!(handle.iter().any(|words| words == direct), "{handle:?}");
    let mix = words(difference, "main.mix");
    assert_eq!(
        mix.first().map(String::as_str),
        Some("now inlines (cost 82; it did not: cost 82 over 80; the profile has it hot)")
    );
    let calls = &of(&code["variants"], "auto")["profile"]["hot_calls"];
    let hot = calls.as_array().into_iter().flatten().find(|call| call["callee"] == "main.mix");
    assert!(
        hot.is_some_and(|call| call["inlined"] == true && call["caller"] == "main.(*Mixed).Update"),
        "{calls}"
    );
    assert_eq!(of(&code["variants"], "off")["profile"], Value::Null);
    Ok(())
}
