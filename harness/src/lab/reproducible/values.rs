//! What `-X` should have set, held against what is in the program: the linker is silent about a name that nothing has.

use crate::format::binary::LinkedStrings;
use crate::model::lab::reproducible::LinkedValue;

/// How alike two names have to be for the one to be meant by the other.
const ALIKE: f64 = 0.8;

pub(super) fn values(wanted: &[(String, String)], strings: Option<&LinkedStrings>) -> Vec<LinkedValue> {
    let of = |(name, wanted): &(String, String)| {
        let found = strings.and_then(|strings| strings.values.get(name).cloned());
        let why = match (&found, strings) {
            (_, None) => Some("not known: the program cannot be had with symbols".to_owned()),
            (Some(found), _) if found == wanted => None,
            (Some(_), _) => Some("another value: a later -X of the same name wins".to_owned()),
            (None, Some(strings)) => Some(missing(name, strings)),
        };
        LinkedValue { name: name.clone(), wanted: wanted.clone(), found, why }
    };
    wanted.iter().map(of).collect()
}

fn missing(name: &str, strings: &LinkedStrings) -> String {
    let mut alike: Vec<(f64, &String)> = strings
        .variables
        .iter()
        .map(|variable| (strsim::jaro_winkler(name, variable), variable))
        .filter(|(score, variable)| *score >= ALIKE && *variable != name)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    let meant = alike.first().filter(|(_, variable)| package(variable) == package(name));
    let meant = meant.map(|(_, variable)| format!("; `{variable}` is meant?")).unwrap_or_default();
    format!(
        "the program has no such variable of type string that it uses, and the linker says nothing{meant}"
    )
}

fn package(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(package, _)| package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_is_there_holds_and_a_misspelt_name_names_the_one_that_is_meant() {
        let strings = LinkedStrings {
            values: [("main.version".to_owned(), "1.2.3".to_owned())].into(),
            variables: vec!["main.version".to_owned(), "other.verison".to_owned()],
        };
        let wanted = [("main.version", "1.2.3"), ("main.verison", "1.2.3"), ("main.commit", "x")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let values = values(&wanted, Some(&strings));
        assert_eq!(values[0].why, None);
        assert!(
            values[1].why.as_ref().is_some_and(|why| why.ends_with("`main.version` is meant?")),
            "{values:?}"
        );
        assert!(values[2].why.as_ref().is_some_and(|why| why.ends_with("says nothing")), "{values:?}");
    }
}
