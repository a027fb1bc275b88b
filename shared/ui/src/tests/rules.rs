//! Rules of all pages. Each looks at every sample and names the page that breaks it.

use std::collections::HashSet;

use super::markup::{Tag, tags};
use crate::components::Csrf;
use crate::samples;

fn each_page(check: impl Fn(&str, &[Tag])) {
    for (name, page) in samples::all() {
        check(name, &tags(&page.into_string()));
    }
}

/// The tags up to the one that closes the form or label that `tags` begins with.
fn inside<'a>(tags: &'a [Tag], name: &str) -> &'a [Tag] {
    let end = tags
        .iter()
        .position(|tag| tag.closing && tag.name == name)
        .expect("it is closed");
    &tags[..end]
}

#[test]
fn samples_have_names_of_their_own() {
    let mut seen = HashSet::new();
    for (name, _) in samples::all() {
        assert!(seen.insert(name), "two samples are called {name}");
    }
}

#[test]
fn whatever_can_be_pressed_has_an_id() {
    each_page(|page, tags| {
        for tag in tags.iter().filter(|tag| !tag.closing && tag.is_pressable()) {
            assert!(
                tag.get("id").is_some_and(|id| !id.is_empty()),
                "{page}: a <{}> has no id: {:?}",
                tag.name,
                tag.attributes
            );
        }
    });
}

#[test]
fn no_id_is_used_twice() {
    each_page(|page, tags| {
        let mut seen = HashSet::new();
        for id in tags.iter().filter_map(|tag| tag.get("id")) {
            assert!(seen.insert(id), "{page}: id {id} is used twice");
        }
    });
}

#[test]
fn every_reference_points_at_something_on_the_page() {
    each_page(|page, tags| {
        let ids: HashSet<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
        let known = |id: &str| assert!(ids.contains(id), "{page}: nothing has the id {id}");
        for tag in tags.iter().filter(|tag| !tag.closing) {
            for attribute in [
                "for",
                "aria-labelledby",
                "aria-describedby",
                "aria-controls",
                "list",
                "data-opens",
            ] {
                tag.get(attribute)
                    .unwrap_or_default()
                    .split_whitespace()
                    .for_each(known);
            }
            if let Some(id) = tag.get("href").and_then(|href| href.strip_prefix('#')) {
                known(id);
            }
        }
    });
}

#[test]
fn every_input_has_a_label() {
    each_page(|page, tags| {
        let labels: HashSet<&str> = tags
            .iter()
            .filter(|tag| tag.name == "label")
            .filter_map(|tag| tag.get("for"))
            .collect();
        for tag in tags.iter().filter(|tag| !tag.closing && tag.is_pressable()) {
            if matches!(tag.name.as_str(), "input" | "select" | "textarea") {
                let id = tag.get("id").unwrap_or_default();
                assert!(labels.contains(id), "{page}: {id} has no label");
            }
        }
    });
}

#[test]
fn nothing_needs_more_than_a_strict_content_policy() {
    each_page(|page, tags| {
        for tag in tags {
            assert!(tag.name != "style", "{page}: a <style> element");
            assert!(
                tag.name != "script" || tag.closing || tag.get("src").is_some(),
                "{page}: an inline script"
            );
            for (name, value) in &tag.attributes {
                assert!(name != "style", "{page}: style={value}");
                assert!(
                    !name.starts_with("on") && !name.starts_with("hx-on"),
                    "{page}: {name}={value}"
                );
                assert!(!value.starts_with("javascript:"), "{page}: {name}={value}");
            }
            let trigger = tag.get("hx-trigger").unwrap_or_default();
            assert!(
                !trigger.contains('['),
                "{page}: the filter of {trigger} would be evaluated"
            );
        }
    });
}

#[test]
fn every_form_that_changes_something_proves_its_origin() {
    each_page(|page, tags| {
        for (place, form) in tags
            .iter()
            .enumerate()
            .filter(|(_, tag)| !tag.closing && tag.name == "form")
        {
            if form.get("method") == Some("post") {
                let proven = inside(&tags[place..], "form").iter().any(|tag| {
                    tag.get("name") == Some(Csrf::FIELD)
                        && tag.get("value").is_some_and(|value| !value.is_empty())
                });
                assert!(
                    proven,
                    "{page}: the form to {:?} lacks its proof",
                    form.get("action")
                );
            } else {
                assert_eq!(
                    form.get("method"),
                    Some("get"),
                    "{page}: a form without method"
                );
            }
        }
    });
}

#[test]
fn every_time_says_when_to_machines() {
    each_page(|page, tags| {
        for tag in tags.iter().filter(|tag| !tag.closing && tag.name == "time") {
            assert!(
                tag.get("datetime").is_some_and(|at| at.starts_with("20")),
                "{page}: a <time> without datetime"
            );
        }
    });
}

#[test]
fn every_page_has_one_heading_one_main_and_a_title() {
    each_page(|page, tags| {
        for name in ["h1", "main", "title"] {
            let count = tags
                .iter()
                .filter(|tag| !tag.closing && tag.name == name)
                .count();
            assert_eq!(count, 1, "{page}: {count} <{name}>");
        }
    });
}

#[test]
fn a_button_without_words_has_a_label() {
    each_page(|page, tags| {
        for (place, button) in tags
            .iter()
            .enumerate()
            .filter(|(_, tag)| !tag.closing && matches!(tag.name.as_str(), "button" | "a"))
        {
            let words = inside(&tags[place..], &button.name)
                .iter()
                .any(|tag| !tag.text.trim().is_empty());
            assert!(
                words || button.get("aria-label").is_some(),
                "{page}: {:?} says nothing",
                button.get("id")
            );
        }
    });
}
