//! Facts about flame graphs.

use super::layout::layout;
use super::*;
use crate::model::profile::FlameNode;

fn node(name: &str, parent: usize, value: i64, width: u64) -> FlameNode {
    FlameNode { name: name.to_owned(), parent, value, width }
}

fn flame(tree: &FlameTree, is_diff: bool) -> Flame<'_> {
    Flame { tree, title: "heap <&\"'>", sample_type: ("inuse_space", "bytes"), is_diff }
}

/// `all` calls a (60) and b (30), a calls c (50); a sliver of 1 below b.
fn tree() -> FlameTree {
    FlameTree {
        nodes: vec![
            node("all", 0, 90, 90),
            node("main.b", 0, 30, 30),
            node("main.a", 0, 60, 60),
            node("main.c", 2, 50, 50),
            node("main.sliver", 1, 1, 1),
        ],
    }
}

#[test]
fn callees_lie_within_their_caller_the_widest_first() {
    let tree = tree();
    let slots = layout(&tree, 0);
    let told: Vec<(&str, u32, u64, u64)> =
        slots.iter().map(|slot| (&*tree.nodes[slot.node].name, slot.depth, slot.left, slot.width)).collect();
    let wanted = [
        ("all", 0, 0, 90),
        ("main.a", 1, 0, 60),
        ("main.b", 1, 60, 30),
        ("main.c", 2, 0, 50),
        ("main.sliver", 2, 60, 1),
    ];
    assert_eq!(told, wanted);
    assert_eq!(layout(&tree, 2).len(), 4, "the sliver is left out");
    assert!(layout(&FlameTree::default(), 0).is_empty());
}

#[test]
fn hostile_names_stay_text_in_both_forms() {
    let mut tree = tree();
    let hostile = "x</script><script>alert(1)</script>{{frames}}\u{1b}[2J\u{2028}\"';&";
    tree.nodes[2].name = hostile.to_owned();
    let flame = flame(&tree, false);
    let (svg, html) = (svg(&flame), html(&flame));
    assert!(!svg.contains("<script") && svg.contains("x&lt;/script&gt;&lt;script&gt;alert(1)"));
    assert_eq!(html.matches("<script>").count(), 1, "the page's own");
    assert_eq!(html.matches("</script>").count(), 1);
    assert!(html.contains("x\\u003c/script>\\u003cscript>alert(1)"));
    assert!(html.contains("{{frames}}"), "what is filled in is not filled again");
    assert!(!svg.contains('\u{1b}') && !html.contains('\u{1b}'));
    assert!(!html.contains('\u{2028}'), "the end of a line to JavaScript");
}

#[test]
fn a_difference_says_its_direction_in_colour_and_sign() {
    let tree = FlameTree {
        nodes: vec![node("all", 0, 40, 100), node("main.grew", 0, 70, 70), node("main.shrank", 0, -30, 30)],
    };
    let svg = svg(&flame(&tree, true));
    assert!(svg.contains(">+ main.grew</text>") && svg.contains(">- main.shrank</text>"), "{svg}");
    assert!(svg.contains("main.grew: +70B (70.00%)") && svg.contains("main.shrank: -30B (30.00%)"), "{svg}");
    let fill = |name: &str| {
        let frame = svg.lines().find(|line| line.contains(name)).unwrap();
        let at = frame.find("fill=\"#").unwrap() + 7;
        u32::from_str_radix(&frame[at..at + 6], 16).unwrap()
    };
    let (red, blue) = (|color: u32| color >> 16, |color: u32| color & 0xff);
    assert!(red(fill("main.grew:")) > blue(fill("main.grew:")));
    assert!(red(fill("main.shrank:")) < blue(fill("main.shrank:")));
}

#[test]
fn a_profile_of_nothing_makes_an_empty_picture() {
    let tree = FlameTree { nodes: vec![node("all", 0, 0, 0)] };
    assert!(svg(&flame(&tree, false)).ends_with("</svg>\n"));
    assert!(html(&flame(&tree, true)).contains("const frames = [[0,0.00,0.00,0,\"0\""));
}
