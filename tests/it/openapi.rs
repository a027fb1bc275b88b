//! The document of the API says what the code does, no less and no more.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use reqwest::Method;
use serde_json::Value;
use tests::{openapi, person::Person, world, world::World};

/// Where programs call.
const PROGRAMS: [&str; 4] = ["/api/", "/.well-known/", "/webhooks/", "/assets/"];

/// What of it is in no document.
const ELSEWHERE: [(&str, &str); 2] = [
    (
        "/webhooks/",
        "providers call them, as their own documents say",
    ),
    (
        "/assets/",
        "pages load them, under names that change with every version",
    ),
];

fn document() -> Value {
    openapi::api().document()
}

/// Every operation, as method, address and what is said of it.
fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let each = |(path, methods): (&String, &'_ Value)| {
        let methods = methods.as_object().unwrap().keys();
        methods
            .map(|method| (method.to_uppercase(), path.clone()))
            .collect::<Vec<_>>()
    };
    let said = |(method, path): (String, String)| {
        let operation = &document["paths"][&path][method.to_lowercase()];
        (method, path, operation)
    };
    paths.iter().flat_map(each).map(said).collect()
}

/// Everything in a document, with what it stands under.
fn everything<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a Value)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                found.push((name, value));
                everything(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| everything(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_document_says_what_the_code_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let kept = fs::read_to_string(root.join(openapi::PLACE)).unwrap();

    assert!(
        kept == openapi::text(),
        "{} is of another version: write it anew with `cargo run -p tests --bin openapi`",
        openapi::PLACE
    );
}

#[test]
fn every_route_of_programs_is_one_operation() {
    // Some are answered with and without a last slash.
    let one = |method: &str, path: &str| format!("{method} {}", path.trim_end_matches('/'));
    let is_described = |path: &str| {
        let mut elsewhere = ELSEWHERE.iter();
        PROGRAMS.iter().any(|start| path.starts_with(start))
            && !elsewhere.any(|(start, why)| path.starts_with(start) && !why.is_empty())
    };
    let served: BTreeSet<String> = world::functions()
        .into_iter()
        .flat_map(|(_, routes)| routes.listed().to_vec())
        .filter(|route| is_described(&route.path))
        // Browsers ask it by themselves.
        .filter(|route| route.method != Method::OPTIONS)
        .map(|route| one(route.method.as_str(), &route.path))
        .collect();
    let document = document();
    let described: Vec<String> = operations(&document)
        .iter()
        .map(|(method, path, _)| one(method, path))
        .collect();

    assert_eq!(served, described.iter().cloned().collect());
    assert_eq!(served.len(), described.len());
}

#[test]
fn every_operation_has_an_id_of_its_own_and_the_parameters_of_its_address() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "two operations are called {id}");
        let given = path.split('/').filter_map(|segment| {
            let name = segment.strip_prefix('{')?;
            name.strip_suffix('}')
        });
        let described = operation["parameters"].as_array().into_iter().flatten();
        let described = described
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap());
        assert_eq!(
            given.collect::<Vec<_>>(),
            described.collect::<Vec<_>>(),
            "{method} {path}"
        );
    }
}

#[test]
fn everything_that_is_referred_to_is_there() {
    let document = document();
    let ids: Vec<&Value> = operations(&document)
        .into_iter()
        .map(|(.., operation)| &operation["operationId"])
        .collect();
    let mut all = Vec::new();
    everything(&document, &mut all);
    let mut referred = BTreeSet::new();
    for (name, value) in all {
        if name == "$ref" {
            let place = value.as_str().unwrap();
            let found = document.pointer(place.trim_start_matches('#'));
            assert!(found.is_some_and(Value::is_object), "{place}");
            referred.insert(place.to_owned());
        } else if name == "operationId" {
            assert!(ids.contains(&value), "{value}");
        }
    }

    for name in document["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        let place = format!("#/components/schemas/{name}");
        assert!(referred.contains(&place), "nothing is a {name}");
        // Two types of one name are told apart by a number, which would change with their order.
        assert!(
            !name.ends_with(|letter: char| letter.is_ascii_digit()),
            "{name}"
        );
    }
}

/// The codes that the source gives to problems.
fn codes_in_the_source() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![root.join("functions"), root.join("shared/src")];
    let mut codes = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.to_string_lossy().into_owned();
                codes.extend(codes_of(&text).map(|code| (code, path.clone())));
            }
        }
    }
    codes
}

fn codes_of(text: &str) -> impl Iterator<Item = String> {
    let makers = ["new", "bad_request", "forbidden", "conflict"];
    let calls = makers.into_iter().flat_map(move |maker| {
        makes_itself(text)
            .iter()
            .map(|of| text.split(&format!("{of}::{maker}(")).skip(1).collect())
            .collect::<Vec<_>>()
    });
    let first_text = |call: &str| {
        let arguments = call.split_once(';').map_or(call, |(call, _)| call);
        arguments.split('"').nth(1).map(str::to_owned)
    };
    let is_code = |code: &String| {
        let letter = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        !code.is_empty() && code.chars().all(letter)
    };
    calls
        .flat_map(|calls: Vec<&str>| calls)
        .filter_map(first_text)
        .filter(is_code)
        .collect::<Vec<_>>()
        .into_iter()
}

/// What a problem is called where one is made.
fn makes_itself(text: &str) -> &'static [&'static str] {
    let own = ["impl Problem", "for Problem {", "::Problem {"];
    if own.iter().any(|own| text.contains(own)) {
        &["Problem", "Self"]
    } else {
        &["Problem"]
    }
}

#[test]
fn every_code_of_a_problem_is_described_and_no_other() {
    let described: BTreeSet<String> = document()["components"]["schemas"]["ProblemCode"]["oneOf"]
        .as_array()
        .unwrap()
        .iter()
        .map(|code| code["const"].as_str().unwrap().to_owned())
        .collect();
    let mut given = codes_in_the_source();
    // Of no operation: an address that has no such method, and a form of a page.
    for elsewhere in ["method_not_allowed", "not_a_form"] {
        assert!(given.remove(elsewhere).is_some(), "{elsewhere}");
    }

    let given: BTreeSet<String> = given.into_keys().collect();
    assert_eq!(given, described);
}

#[tokio::test]
async fn people_find_every_operation_shape_and_code_on_one_page() {
    let world = World::start().await.unwrap();
    let anyone = Person::stranger(&world).unwrap();
    let page = anyone.get("/docs/api").await.unwrap().expect(200).unwrap();
    let all_of = |start: &str| -> Vec<String> {
        let found = page.text.split(start).skip(1);
        let value = |rest: &str| rest.split('"').next().unwrap().to_owned();
        found.map(value).collect()
    };
    let ids = all_of(" id=\"");
    let known: BTreeSet<String> = ids.iter().cloned().collect();
    let document = document();

    assert_eq!(ids.len(), known.len(), "an id is used twice");
    for target in all_of(" href=\"#") {
        assert!(known.contains(&target), "nothing is at {target}");
    }
    for (.., operation) in operations(&document) {
        assert!(known.contains(operation["operationId"].as_str().unwrap()));
    }
    let schemas = &document["components"]["schemas"];
    for name in schemas.as_object().unwrap().keys() {
        assert!(known.contains(&format!("shape-{name}")), "{name}");
    }
    for code in schemas["ProblemCode"]["oneOf"].as_array().unwrap() {
        let code = code["const"].as_str().unwrap();
        assert!(known.contains(&format!("code-{code}")), "{code}");
    }
}

#[tokio::test]
async fn the_document_is_sent_once_and_again_when_it_changed() {
    let world = World::start().await.unwrap();
    let program = Person::stranger(&world).unwrap();
    let path = "/api/v1/openapi.json";

    let sent = program.get(path).await.unwrap().expect(200).unwrap();
    assert_eq!(sent.json(), document());
    assert_eq!(sent.header("content-type"), "application/json");
    let tag = sent.header("etag").to_owned();
    for (known, status) in [
        (tag.as_str(), 304),
        (&format!("\"other\", W/{tag}"), 304),
        ("\"other\"", 200),
    ] {
        let request = program.request(Method::GET, path).await.unwrap();
        let request = request.header("if-none-match", known);
        let again = program.send(request).await.unwrap().expect(status).unwrap();
        assert_eq!(again.header("etag"), tag);
        assert_eq!(again.text.is_empty(), status == 304, "{known}");
    }
    let request = program.request(Method::GET, path).await.unwrap();
    let request = request.header("accept-encoding", "gzip, br;q=0.5");
    let small = program.send(request).await.unwrap();
    assert_eq!(small.header("content-encoding"), "br");
}
