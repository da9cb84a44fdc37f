//! What a scenario expects, against what was found.

use super::*;

#[test]
fn a_contract_must_be_met_in_every_variant() {
    let leaks = expect(&["example.com/app/cache.(*Cache).Put"]);
    let both = [diagnosis("a", vec![heap(1.0)], vec![]), diagnosis("b", vec![heap(1.0)], vec![])];
    assert_eq!(verdict(Some(&leaks), None, &both).outcome, Outcome::Pass);
    let one = [diagnosis("a", vec![heap(1.0)], vec![]), diagnosis("b", vec![], vec![])];
    let missing = verdict(Some(&leaks), None, &one);
    assert_eq!(missing.outcome, Outcome::Leak);
    assert!(missing.reasons[0].text.contains("did not reproduce in b"), "{missing:?}");
}

#[test]
fn an_expected_site_is_a_function_a_short_function_or_a_line() {
    let found = [diagnosis("a", vec![heap(1.0)], vec![])];
    for (site, outcome) in [
        ("example.com/app/cache.(*Cache).Put", Outcome::Pass),
        ("cache.(*Cache).Put", Outcome::Pass),
        ("main.handle", Outcome::Pass),
        ("cache.go:44", Outcome::Pass),
        ("cache/cache.go:44", Outcome::Pass),
        ("ache.go:44", Outcome::Leak),
        ("cache.go:4", Outcome::Leak),
        ("Put", Outcome::Leak),
        ("main.main", Outcome::Leak),
    ] {
        assert_eq!(verdict(Some(&expect(&[site])), None, &found).outcome, outcome, "{site}");
    }
}

#[test]
fn an_empty_contract_excuses_nothing_that_was_accepted() {
    let found = [diagnosis("a", vec![heap(256.0)], vec![])];
    let baseline = accepted(&found);
    assert_eq!(verdict(None, Some(&baseline), &found).outcome, Outcome::Pass);
    assert_eq!(verdict(Some(&expect(&[])), Some(&baseline), &found).outcome, Outcome::Leak);
    assert_eq!(verdict(None, None, &found).outcome, Outcome::Leak);
}

#[test]
fn a_rise_of_a_leak_counts_even_if_the_contract_expects_the_leak() {
    let baseline = accepted(&[diagnosis("a", vec![heap(256.0)], vec![])]);
    let now = [diagnosis("a", vec![heap(900.0)], vec![])];
    let leaks = expect(&["cache.(*Cache).Put"]);
    assert_eq!(verdict(Some(&leaks), Some(&baseline), &now).reasons[0].cause, Cause::WorseLeak);
}

#[test]
fn a_contract_excuses_no_second_leak_below_the_function_it_names() {
    let handle = Finding {
        site: frame("main.handle", "/src/main.go", 12),
        file: "main.go".into(),
        fingerprint: "00bb".into(),
        ..heap(64.0)
    };
    // The leak of the cache has main.handle on its stack, but is not at it.
    let both = [diagnosis("a", vec![handle, heap(256.0)], vec![])];
    let verdict = verdict(Some(&expect(&["main.handle"])), None, &both);
    assert_eq!((verdict.outcome, verdict.headline.as_str()), (Outcome::Leak, "1 unexpected leak"));
}

#[test]
fn type_arguments_and_escaped_dots_do_not_hide_an_expected_site() {
    let symbol = "github.com/x/y%2ev2.(*Cache[go.shape.struct { a/b.k int }]).Put";
    let found = [diagnosis("a", vec![Finding { site: frame(symbol, "/y.go", 3), ..heap(1.0) }], vec![])];
    for site in ["y.v2.(*Cache).Put", "github.com/x/y.v2.(*Cache[...]).Put"] {
        assert_eq!(verdict(Some(&expect(&[site])), None, &found).outcome, Outcome::Pass, "{site}");
    }
}

fn held(by: Option<&str>) -> Finding {
    Finding { held_by: by.map(str::to_owned), ..heap(256.0) }
}

/// A contract for one leak, which somebody must hold, in some variants.
fn expect_held(by: &str, variants: &[&str]) -> Expect {
    let mut expect = expect(&["cache.(*Cache).Put"]);
    for leak in &mut expect.leaks {
        leak.held_by = Some(by.to_owned());
        leak.variants = variants.iter().map(|&name| name.to_owned()).collect();
    }
    expect
}

#[test]
fn a_leak_that_another_one_holds_is_not_the_expected_one() {
    for (wanted, holder, outcome) in [
        ("cache.entries", Some("global example.com/app/cache.entries"), Outcome::Pass),
        ("example.com/app/cache.entries", Some("global example.com/app/cache.entries"), Outcome::Pass),
        ("timers", Some("timers"), Outcome::Pass),
        ("main.main", Some("goroutine main.main"), Outcome::Pass),
        ("cache.entries", Some("global example.com/app/cache.other"), Outcome::Leak),
        ("entries", Some("global example.com/app/cache.entries"), Outcome::Leak),
        ("cache.entries", None, Outcome::Inconclusive),
    ] {
        let found = [diagnosis("a", vec![held(holder)], Vec::new())];
        let verdict = verdict(Some(&expect_held(wanted, &[])), None, &found);
        assert_eq!(verdict.outcome, outcome, "{wanted} {holder:?}: {verdict:?}");
    }
}

#[test]
fn another_holder_is_named_where_one_was_expected() {
    let found = [diagnosis("a", vec![held(Some("global main.other"))], Vec::new())];
    let verdict = verdict(Some(&expect_held("main.cache", &[])), None, &found);
    let texts: Vec<&str> = verdict.reasons.iter().map(|reason| reason.text.as_str()).collect();
    let told = "expected heap leak at `cache.(*Cache).Put`, held by `main.cache`, did not reproduce in a: it is held by global main.other";
    assert!(texts.contains(&told), "{texts:?}");
}

#[test]
fn a_leak_that_is_expected_in_some_variants_must_not_be_in_the_others() {
    let by = Some("global main.cache");
    let leaking = |name: &str| diagnosis(name, vec![held(by)], Vec::new());
    let expect = expect_held("main.cache", &["a"]);
    let fixed = [leaking("a"), diagnosis("b", Vec::new(), Vec::new())];
    assert_eq!(verdict(Some(&expect), None, &fixed).outcome, Outcome::Pass);
    let both = verdict(Some(&expect), None, &[leaking("a"), leaking("b")]);
    assert_eq!((both.outcome, both.reasons[0].cause), (Outcome::Leak, Cause::UnexpectedLeak));
    assert!(both.reasons[0].text.ends_with("must not be in b, and is"), "{both:?}");
}
