//! Snapshots of all samples, and what must hold beyond looks.

use crate::routes::{self, Action};
use crate::samples;

fn sample(name: &str) -> String {
    let (_, page) = samples::all()
        .into_iter()
        .find(|(sample, _)| *sample == name)
        .expect("there is such a sample");
    page.into_string()
}

/// One tag a line, so that a change shows where it is; names of assets change with every byte of them.
fn readable(page: &str) -> String {
    [
        crate::assets::stylesheet_path(),
        crate::assets::script_path(),
        crate::assets::favicon_path(),
    ]
    .into_iter()
    .fold(page.to_owned(), |page, path| {
        page.replace(path, "/assets/…")
    })
    .replace("><", ">\n<")
}

#[test]
fn every_page_looks_as_agreed() {
    for (name, page) in samples::all() {
        insta::assert_snapshot!(name, readable(&page.into_string()));
    }
}

#[test]
fn what_a_member_typed_is_text_not_markup() {
    let words = "<img src=x onerror=alert(1)>";
    let page = crate::pages::message::Message {
        theme: crate::layout::Theme::Light,
        meaning: crate::components::Meaning::Notice,
        title: words.to_owned(),
        words: words.to_owned(),
        ways: vec![("\"><script>".to_owned(), "\"><script>".to_owned())],
    };
    let page = page.render().into_string();
    assert!(
        !page.contains("<img src=x") && !page.contains("><script>"),
        "{page}"
    );
}

#[test]
fn a_provider_without_credentials_is_not_offered() {
    assert!(!sample("connections").contains("connect-microsoft"));
    assert!(sample("connections").contains("connect-google"));
    assert!(!sample("connections-unavailable").contains("connect-google"));
}

#[test]
fn whoever_may_only_look_is_not_asked_to_set_anything_up() {
    for (page, words) in [
        ("integrations", ">Configure</a>"),
        ("integration-reported", "Make an API key</a>"),
        ("suppliers-none", "Invite one"),
    ] {
        assert!(sample(page).contains(words), "{page}");
        let looked_at = sample(&format!("{page}-it-manager"));
        assert!(!looked_at.contains(words), "{page}: {words}");
    }
}

#[test]
fn sync_now_cannot_be_pressed_while_a_run_is_in_flight() {
    let page = sample("connection-first-sync");
    let button = page
        .split("<button")
        .find(|tag| tag.contains("-sync\""))
        .expect("the button stands");
    assert!(button.contains("disabled"), "{button}");
    assert!(page.contains("40 events so far"));
}

#[test]
fn the_step_to_a_provider_needs_no_redirect_of_a_form() {
    let page = sample("forward");
    let address = "https://accounts.example.com/authorize?state=abc&amp;scope=calendar";
    assert!(
        page.contains(&format!(
            "<meta http-equiv=\"refresh\" content=\"0; url={address}\">"
        )),
        "{page}"
    );
    assert!(page.contains(&format!("href=\"{address}\"")), "{page}");
}

#[test]
fn a_disconnection_asks_in_a_dialog_and_on_a_page_alike() {
    let (dialog, page) = (sample("connection"), sample("connection-disconnect"));
    for words in [
        "Disconnect ada@northwind.test?",
        "name=\"remove_copies\"",
        "Events that were in the calendar before stay too.",
    ] {
        assert!(dialog.contains(words) && page.contains(words), "{words}");
    }
}

#[test]
fn a_connection_that_ends_offers_nothing_more_and_says_how_far_it_has_come() {
    for name in ["disconnection", "disconnection-waits"] {
        let page = sample(name);
        assert!(page.contains("data-running"), "{name}");
        assert!(!page.contains("<form action=\"/connections/"), "{name}");
    }
    let over = sample("disconnection-over");
    assert!(!over.contains("data-running"));
    assert!(over.contains("Receipt"));
}

#[test]
fn a_history_that_the_list_lacks_is_kept_unless_another_is_chosen() {
    let kept = "<option value=\"\" selected>As it is</option>";
    assert!(sample("connection-paused").contains(kept));
    assert!(!sample("connection").contains(kept));
}

#[test]
fn an_action_reads_back_from_its_path() {
    for action in Action::ALL {
        let path = routes::connection_action("con_1", action);
        let segment = path.rsplit('/').next().expect("a path has a last segment");
        assert_eq!(Action::parse(segment), Some(action));
    }
    assert_eq!(Action::parse("explode"), None);
}

#[test]
fn a_theme_is_one_of_the_known_words() {
    use crate::layout::Theme;
    assert_eq!(Theme::parse("dark"), Theme::Dark);
    assert_eq!(Theme::parse("\"><script>"), Theme::System);
}
