//! The template as the world reads it.

use std::path::Path;

use jiff::SignedDuration;
use serde_json::Value;
use tests::aws::{Function, Template};

fn functions() -> Vec<Function> {
    let parameters = [("Stage", "local")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    Template::load(&parameters.into(), "http://127.0.0.1:8790")
        .and_then(|template| template.functions())
        .expect("the template")
}

fn named<'a>(functions: &'a [Function], handler: &str) -> &'a Function {
    functions
        .iter()
        .find(|function| function.handler == handler)
        .expect("the function")
}

#[test]
fn every_function_is_invoked_by_something() {
    for function in functions() {
        let triggers = function.routes.len()
            + function.queues.len()
            + function.streams.len()
            + function.schedules.len();
        assert!(triggers > 0, "nothing invokes {}", function.handler);
    }
}

#[test]
fn no_route_leads_to_two_functions() {
    let functions = functions();
    let mut routes: Vec<_> = functions.iter().flat_map(|f| &f.routes).collect();
    let count = routes.len();
    routes.sort_unstable();
    routes.dedup();
    assert_eq!(routes.len(), count);
}

#[test]
fn the_environment_names_the_resources_of_the_stage() {
    let functions = functions();
    let worker = named(&functions, "sync-worker");
    assert_eq!(worker.environment["STAGE"], "local");
    assert_eq!(worker.environment["TABLE_NAME"], "kalends-local");
    assert_eq!(
        worker.environment["SYNC_GOOGLE_QUEUE_URL"],
        "http://127.0.0.1:8790/000000000000/kalends-local-sync-google"
    );
    assert_eq!(worker.environment["ROOT_SECRET"], "kalends/local/root");
    assert_eq!(worker.queues.len(), 3);
    assert_eq!(worker.queues[0].batch_size, 10);
}

#[test]
fn the_sweep_runs_every_minute_and_the_renewals_every_quarter_of_an_hour() {
    let functions = functions();
    let rates = |handler: &str| named(&functions, handler).schedules.clone();
    assert_eq!(rates("due-sweep"), [SignedDuration::from_mins(1)]);
    assert_eq!(
        rates("subscriptions-renew"),
        [SignedDuration::from_mins(15)]
    );
}

#[test]
fn a_function_this_reader_does_not_know_is_named() {
    let text = "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: { QueueName: !Select [0, [a]] }\n";
    let template = Template::parse(text, &[].into(), "http://127.0.0.1:9").expect("a document");
    let error = template.queues().expect_err("it cannot know");
    assert!(format!("{error:#}").contains("!Select"), "{error:#}");
}

#[test]
fn a_parameter_that_the_template_does_not_have_is_named() {
    let parameters = [("Stag".to_owned(), "local".to_owned())];
    let error = Template::load(&parameters.into(), "http://127.0.0.1:9").expect_err("a typo");
    assert!(format!("{error:#}").contains("Stag"), "{error:#}");
}

fn sample(function: &Function) -> Value {
    let file = format!("../events/{}.json", function.handler);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn every_sample_event_is_one_that_its_function_would_get() {
    for function in functions() {
        let (event, name) = (sample(&function), &function.handler);
        if !function.routes.is_empty() {
            let key = event["routeKey"].as_str().expect("a route key");
            let route = |r: &tests::aws::Route| format!("{} {}", r.method, r.path) == key;
            assert!(
                function.routes.iter().any(route),
                "{name} has no route {key}"
            );
        }
        if !function.queues.is_empty() {
            let event: aws_lambda_events::sqs::SqsEvent =
                serde_json::from_value(event.clone()).expect("messages");
            assert!(!event.records.is_empty(), "{name}");
        }
        for mapping in &function.streams {
            let records: aws_lambda_events::dynamodb::Event =
                serde_json::from_value(event.clone()).expect("stream records");
            assert!(!records.records.is_empty(), "{name}");
            for record in event["Records"].as_array().expect("records") {
                assert!(mapping.wants(record).expect("a filter we know"), "{name}");
            }
        }
    }
}
