//! Rules of the house that no lint knows.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use tests::{aws::Template, calendar_user::ONLY_AT_GOOGLE, world};

const LINES_MAX: usize = 400;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// Every file of ours with one of these endings, by its path from the root.
fn sources(endings: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                let foreign = ["target", "node_modules", "vendor"].contains(&name.as_str());
                if !foreign && !name.starts_with('.') {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) && !name.contains(".min.")
            {
                let shown = path
                    .strip_prefix(root())
                    .unwrap()
                    .to_string_lossy()
                    .into_owned();
                found.push((shown, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty());
    found.sort();
    found
}

#[test]
fn files_are_short_enough_to_be_read() {
    let long: Vec<String> = sources(&[".rs", ".py", ".sh", ".js", ".mjs"])
        .into_iter()
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();

    assert_eq!(long, Vec::<String>::new());
}

#[test]
fn no_test_stands_where_none_is_run() {
    let unrun: Vec<String> = sources(&["Cargo.toml"])
        .into_iter()
        .filter(|(_, manifest)| manifest.contains("\ntest = false"))
        .map(|(path, _)| path.replace("Cargo.toml", "src/"))
        .collect();
    let standing: Vec<String> = sources(&[".rs"])
        .into_iter()
        .filter(|(path, text)| {
            let is_unrun = unrun.iter().any(|folder| path.starts_with(folder.as_str()));
            is_unrun && (text.contains("#[cfg(test)]") || text.contains("#[test]"))
        })
        .map(|(path, _)| path)
        .collect();

    assert!(!unrun.is_empty());
    assert_eq!(standing, Vec::<String>::new());
}

#[test]
fn every_failure_that_is_written_about_has_its_test_or_a_reason() {
    let table = fs::read_to_string(root().join("docs/failures.md")).unwrap();
    let rows: Vec<&str> = table
        .lines()
        .filter(|line| line.starts_with("| F"))
        .collect();
    let tests: String = sources(&[".rs"])
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    for (number, row) in (1..).zip(&rows) {
        let cells: Vec<&str> = row.split(" | ").collect();
        assert!(row.starts_with(&format!("| F{number} | ")), "{row}");
        let named: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        let is_reasoned = cells[2].starts_with("Cannot ");
        assert!(is_reasoned || !named.is_empty(), "{row}");
        for name in named {
            // A test, or a scenario that is one.
            let stands = [format!("fn {name}("), format!("    {name}: S")];
            assert!(stands.iter().any(|words| tests.contains(words)), "{name}");
        }
    }
    assert_eq!(rows.len(), 28);
}

#[test]
fn every_attack_that_is_written_about_is_a_test() {
    let table = fs::read_to_string(root().join("SECURITY.md")).unwrap();
    let (_, attacks) = table.split_once("## Attacks").unwrap();
    let tests: String = sources(&[".rs"])
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    let rows: Vec<&str> = attacks
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'))
        .collect();
    assert!(rows.len() > 10);
    for row in rows {
        let (_, shown_by) = row.rsplit_once(" | ").unwrap();
        for name in shown_by.split('`').skip(1).step_by(2) {
            assert!(tests.contains(&format!("async fn {name}(")), "{name}");
        }
    }
}

#[test]
fn each_dependency_is_known_in_one_place_only() {
    let allowed: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("lambda_http", ["shared/src/lambda.rs"].as_slice()),
        (
            "lambda_runtime",
            &["shared/src/lambda.rs", "functions/bootstrap/"],
        ),
        ("aws_lambda_events", &["shared/src/lambda.rs", "tests/"]),
        (
            "aws_sdk_dynamodb",
            &["shared/src/store/", "shared/src/aws/", "tests/"],
        ),
        (
            "aws_sdk_sqs",
            &["shared/src/queue.rs", "shared/src/aws/", "tests/"],
        ),
        (
            "aws_sdk_secretsmanager",
            &["shared/src/vault", "shared/src/aws/", "tests/"],
        ),
        (
            "aws_sdk_eventbridge",
            &["shared/src/outbox.rs", "shared/src/aws/", "tests/"],
        ),
        (
            "rrule::",
            &["shared/domain/src/recurrence/expand.rs", "tests/src/sim/"],
        ),
        (
            "chrono::",
            &["shared/domain/src/recurrence/expand.rs", "tests/src/sim/"],
        ),
        (
            "Timestamp::now",
            &["shared/src/clock.rs", "tests/src/clock.rs"],
        ),
        (
            "env::var",
            &[
                "shared/src/config.rs",
                "shared/ui/build.rs",
                "shared/domain/src/sync/convergence.rs",
                "tests/src/world/mod.rs",
                "tests/it/permissions.rs",
            ],
        ),
    ]);
    let mut strays = BTreeSet::new();
    for (path, text) in sources(&[".rs"]) {
        for (name, places) in &allowed {
            let known =
                places.iter().any(|place| path.starts_with(place)) || path == "tests/it/tidy.rs";
            if !known && text.contains(name) {
                strays.insert(format!("{path} knows {name}"));
            }
        }
    }

    assert_eq!(strays, BTreeSet::new());
}

#[test]
fn the_rules_name_no_provider() {
    let named: Vec<String> = sources(&[".rs"])
        .into_iter()
        .filter(|(path, _)| path.starts_with("shared/domain/src/sync"))
        .filter(|(_, text)| {
            let text = text.to_lowercase();
            text.contains("google") || text.contains("microsoft")
        })
        .map(|(path, _)| path)
        .collect();

    assert_eq!(named, Vec::<String>::new());
}

#[test]
fn nothing_is_left_for_later_in_the_code() {
    let marks = ["FIX", "TO", "XX"].map(|start| match start {
        "FIX" => "FIXME".to_owned(),
        "TO" => format!("{start}DO"),
        _ => format!("{start}X"),
    });
    let left: Vec<String> = sources(&[".rs", ".py", ".sh", ".mjs"])
        .into_iter()
        .filter(|(path, text)| {
            path != "tests/it/tidy.rs" && marks.iter().any(|mark| text.contains(mark))
        })
        .map(|(path, _)| path)
        .collect();

    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn names_say_what_things_are() {
    let banned = ["util", "helper", "manager", "processor", "misc", "common"];
    let vague: Vec<String> = sources(&[".rs"])
        .into_iter()
        .map(|(path, _)| path)
        .filter(|path| {
            let words: Vec<&str> = path.split(['/', '_', '-', '.']).collect();
            banned
                .iter()
                .any(|name| words.contains(name) || words.contains(&format!("{name}s").as_str()))
        })
        .collect();

    assert_eq!(vague, Vec::<String>::new());
}

#[test]
fn stories_of_one_provider_are_told_somewhere() {
    for (story, why) in ONLY_AT_GOOGLE {
        assert!(!why.is_empty(), "{story}");
        let (module, name) = story.rsplit_once("::").unwrap();
        let path = format!("tests/it/{}.rs", module.replace("::", "/"));
        let told = fs::read_to_string(root().join(&path)).unwrap();
        assert!(told.contains(&format!("async fn {name}()")), "{story}");
    }
}

fn template() -> Template {
    Template::load(&BTreeMap::new(), "http://queues.test").unwrap()
}

#[test]
fn every_function_is_deployed_known_to_the_bootstrap_and_has_a_sample() {
    let folders: BTreeSet<String> = fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name != "bootstrap")
        .collect();
    let deployed: BTreeSet<String> = template()
        .functions()
        .unwrap()
        .into_iter()
        .map(|function| function.handler)
        .collect();
    let table = fs::read_to_string(root().join("functions/bootstrap/src/main.rs")).unwrap();
    let known: BTreeSet<String> = table
        .lines()
        .filter(|line| line.contains("=>") && line.trim().starts_with('"'))
        .map(|line| line.trim().split('"').nth(1).unwrap().to_owned())
        .collect();
    let samples: BTreeSet<String> = fs::read_dir(root().join("events"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
        .collect();

    assert_eq!(folders, deployed);
    assert_eq!(folders, known);
    assert_eq!(folders, samples);
}

#[test]
fn routes_in_the_code_equal_routes_in_the_template() {
    let served: BTreeSet<String> = world::functions()
        .into_iter()
        .flat_map(|(function, routes)| {
            let lines =
                |route: &shared::web::Route| format!("{function}: {} {}", route.method, route.path);
            routes.listed().iter().map(lines).collect::<Vec<_>>()
        })
        .collect();
    let deployed: BTreeSet<String> = template()
        .functions()
        .unwrap()
        .into_iter()
        .flat_map(|function| {
            let line = |route: &tests::aws::Route| {
                format!("{}: {} {}", function.handler, route.method, route.path)
            };
            function.routes.iter().map(line).collect::<Vec<_>>()
        })
        .collect();

    let missing: Vec<_> = served.difference(&deployed).collect();
    let extra: Vec<_> = deployed.difference(&served).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "not deployed: {missing:#?}\nnot served: {extra:#?}"
    );
}

#[test]
fn cookies_are_never_insecure_where_it_is_deployed() {
    let template = fs::read_to_string(root().join("infra/template.yaml")).unwrap();

    assert!(!template.contains("INSECURE_COOKIES"));
}
