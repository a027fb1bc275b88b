//! `kalends-pubsub`: whatever it finds, the way stands after `create` and is gone after `remove`.

use serde_json::{Value, json};
use tests::world::World;

use super::stage::{
    ADMIN, Ended, PROJECT, PUBLISHER, PUSHER, admin, key_file, run, service_account, set_up,
    tenant, way, world,
};
use crate::support::{MIA, control};

impl Ended {
    /// What is said of each part, in order.
    fn states(&self) -> Vec<&str> {
        let lines = self.text.lines();
        lines
            .map(|line| line.split_whitespace().nth(1).unwrap())
            .collect()
    }

    fn fails_with(&self, words: &[&str]) {
        assert_eq!(self.code, 1, "{}", self.text);
        for word in words {
            assert!(self.text.contains(word), "{word:?} in {}", self.text);
        }
    }
}

async fn names(world: &World) -> (String, String) {
    let tenant = tenant(world, MIA).await;
    let of = |kind| format!("projects/{PROJECT}/{kind}/kalends-local-{tenant}");
    (of("topics"), of("subscriptions"))
}

const ALL_STAND: [&str; 4] = ["stands"; 4];

#[tokio::test]
async fn what_was_created_stands_and_creating_it_again_changes_nothing() {
    let world = world().await;
    let nothing = way(&world, "show", MIA, &[]).await;
    assert_eq!(nothing.code, 1);
    assert_eq!(nothing.states(), ["missing"; 4]);

    set_up(&world, MIA).await;

    let (topic, subscription) = names(&world).await;
    let policy = admin(
        &world,
        "GET",
        &format!("{topic}:getIamPolicy"),
        &Value::Null,
    )
    .await;
    let member = format!("serviceAccount:{PUBLISHER}");
    let binding = json!([{ "role": "roles/pubsub.publisher", "members": [member] }]);
    assert_eq!(policy.1["bindings"], binding);
    let (_, stands) = admin(&world, "GET", &subscription, &Value::Null).await;
    let endpoint = format!("{}webhooks/google/pubsub", world.product_base);
    assert_eq!(
        stands,
        json!({
            "name": subscription,
            "topic": topic,
            "pushConfig": {
                "pushEndpoint": endpoint,
                "oidcToken": { "serviceAccountEmail": PUSHER, "audience": endpoint },
            },
            "ackDeadlineSeconds": 30,
            "retryPolicy": { "minimumBackoff": "10s", "maximumBackoff": "600s" },
            "expirationPolicy": {},
            "messageRetentionDuration": "604800s",
            "state": "ACTIVE",
        })
    );
    let secrets = world.aws.counters().operations;
    let again = way(&world, "create", MIA, &[]).await;
    assert_eq!((again.code, again.states()), (0, ALL_STAND.to_vec()));
    let (put, after) = ("secretsmanager.PutSecretValue", world.aws.counters());
    assert_eq!(
        after.operations.get(put),
        secrets.get(put),
        "nothing to write"
    );
    let shown = way(&world, "show", MIA, &[]).await;
    assert_eq!((shown.code, shown.states()), (0, ALL_STAND.to_vec()));
}

/// What somebody does to it by hand: a call of Pub/Sub's, and how the four parts are found then.
fn damages(
    topic: &str,
    subscription: &str,
) -> [(&'static str, String, Value, [&'static str; 4]); 6] {
    let push = |endpoint: &str| json!({ "pushConfig": { "pushEndpoint": endpoint } });
    let policy = format!("{topic}:setIamPolicy");
    let others = json!({ "policy": { "bindings": [
        { "role": "roles/pubsub.publisher", "members": ["serviceAccount:other@x.test"] },
        { "role": "roles/pubsub.viewer", "members": ["user:vic@x.test"] },
    ] } });
    let modify = format!("{subscription}:modifyPushConfig");
    let bounds = json!({
        "subscription": { "topic": topic, "ackDeadlineSeconds": 600, "expirationPolicy": { "ttl": "86400s" } },
        "updateMask": "ackDeadlineSeconds,expirationPolicy",
    });
    let (topic, subscription) = (topic.to_owned(), subscription.to_owned());
    let no_topic = ["missing", "missing", "differs:", "stands"];
    let no_subscription = ["stands", "stands", "missing", "stands"];
    let no_right = ["stands", "missing", "stands", "stands"];
    let other = ["stands", "stands", "differs:", "stands"];
    [
        ("DELETE", topic, Value::Null, no_topic),
        ("DELETE", subscription.clone(), Value::Null, no_subscription),
        ("POST", policy, others, no_right),
        ("POST", modify.clone(), push("https://evil.test/"), other),
        ("POST", modify, push(""), other),
        ("PATCH", subscription, bounds, other),
    ]
}

#[tokio::test]
async fn what_is_half_made_or_was_changed_is_put_right() {
    let world = world().await;
    set_up(&world, MIA).await;
    let (topic, subscription) = names(&world).await;
    for (method, path, body, found) in damages(&topic, &subscription) {
        let (status, answer) = admin(&world, method, &path, &body).await;
        assert_eq!(status, 200, "{method} {path}: {answer}");
        let shown = way(&world, "show", MIA, &[]).await;
        assert_eq!(shown.code, 1, "{method} {path}");
        assert_eq!(shown.states(), found, "{method} {path}");

        let mended = way(&world, "create", MIA, &[]).await;

        assert_eq!(mended.code, 0, "{}", mended.text);
        let shown = way(&world, "show", MIA, &[]).await;
        assert_eq!(shown.code, 0, "{method} {path}");
        assert_eq!(shown.states(), ALL_STAND, "{method} {path}");
    }
    let policy = format!("{topic}:getIamPolicy");
    let (_, policy) = admin(&world, "GET", &policy, &Value::Null).await;
    for other in ["other@x.test", "vic@x.test"] {
        assert!(policy.to_string().contains(other), "{policy}");
    }
}

#[tokio::test]
async fn what_was_removed_is_gone_and_removing_it_again_is_fine() {
    let world = world().await;
    set_up(&world, MIA).await;
    let (topic, subscription) = names(&world).await;

    let removed = way(&world, "remove", MIA, &[]).await;

    assert_eq!((removed.code, removed.states()), (0, vec!["removed"; 3]));
    for resource in [&topic, &subscription] {
        assert_eq!(admin(&world, "GET", resource, &Value::Null).await.0, 404);
    }
    let again = way(&world, "remove", MIA, &[]).await;
    assert_eq!((again.code, again.states()), (0, vec!["missing"; 3]));
    let shown = way(&world, "show", MIA, &[]).await;
    assert_eq!((shown.code, shown.states()), (1, vec!["missing"; 4]));
    let created = way(&world, "create", MIA, &[]).await;
    assert_eq!(created.code, 0, "the accounts are known: {}", created.text);
    let (half, _) = admin(&world, "DELETE", &subscription, &Value::Null).await;
    assert_eq!(half, 200);
    let removed = way(&world, "remove", MIA, &[]).await;
    assert_eq!(removed.states(), ["removed", "missing", "removed"]);
}

#[tokio::test]
async fn a_failure_says_what_to_do() {
    let world = world().await;
    let missing = way(&world, "create", MIA, &[]).await;
    missing.fails_with(&["--publisher-key FILE"]);
    let publisher = key_file(&service_account(&world, PUBLISHER, &[]).await);
    let path = publisher.to_str().unwrap();
    let missing = way(&world, "create", MIA, &["--publisher-key", path]).await;
    missing.fails_with(&["--push-account EMAIL"]);
    std::fs::remove_file(&publisher).unwrap();
    way(&world, "create", MIA, &["--publisher-key", path])
        .await
        .fails_with(&["read the key in", path]);
    set_up(&world, MIA).await;

    let (tenant, url) = (tenant(&world, MIA).await, world.product_base.to_string());
    let call = async |key: &str, project: &str, stage: &str| {
        let arguments = [
            "create",
            "--tenant",
            &tenant,
            "--project",
            project,
            "--stage",
            stage,
            "--url",
            &url,
            "--key",
            "-",
        ];
        run(&world, key, &arguments).await
    };
    let good = service_account(&world, ADMIN, &[]).await;
    let powerless = service_account(&world, "nobody@x.test", &[]).await;
    let strange = good.replace(ADMIN, "strange@x.test");
    let refused = call(&powerless, PROJECT, "local").await;
    refused.fails_with(&["PERMISSION_DENIED", "nobody@x.test", "roles/pubsub.admin"]);
    let refused = call(&strange, PROJECT, "local").await;
    refused.fails_with(&["account not found", "strange@x.test"]);
    let moved = call(&good, "other-project", "local").await;
    moved.fails_with(&[PROJECT, "Remove it there first"]);
    way(&world, "remove", MIA, &[]).await;
    let refused = call(&good, "no-project", "local").await;
    refused.fails_with(&["There is no project no-project"]);
    let refused = call(&good, PROJECT, "nowhere").await;
    refused.fails_with(&["kalends/nowhere/google-relay", "Deploy the stage nowhere"]);
    for garbage in [
        "",
        "{}",
        "not a key",
        r#"{"client_email":"a@b","private_key":"x"}"#,
    ] {
        let refused = call(garbage, PROJECT, "local").await;
        refused.fails_with(&["holds no key of a service account"]);
    }
    let fault =
        json!({ "name": "server_error", "scope": "pubsub.subscriptions.create", "count": 1 });
    control(&world, "faults", &fault).await;
    let broken = call(&good, PROJECT, "local").await;
    broken.fails_with(&["create the subscription", "Repeat the command"]);
    assert_eq!(call(&good, PROJECT, "local").await.code, 0);
}

#[tokio::test]
async fn arguments_that_make_no_sense_are_told_with_those_that_do() {
    let world = world().await;
    let tenant = tenant(&world, MIA).await;
    let whole = [
        "show",
        "--tenant",
        &tenant,
        "--project",
        PROJECT,
        "--stage",
        "local",
        "--url",
        "http://x",
        "--key",
        "-",
    ];
    let without = |name: &str| {
        let at = whole.iter().position(|word| *word == name).unwrap();
        [&whole[..at], &whole[at + 2..]].concat()
    };
    let mut cases: Vec<Vec<&str>> = ["--tenant", "--project", "--stage", "--url", "--key"]
        .map(without)
        .to_vec();
    cases.push(whole[1..].to_vec());
    cases.push(vec!["destroy"]);
    cases.push([&whole[..], &["--force"]].concat());
    cases.push([&whole[..], &["again"]].concat());
    cases.push([&whole[..], &["--tenant", "northwind"]].concat());
    cases.push([&whole[..], &["--project", "a/b"]].concat());
    cases.push([&whole[..], &["--publisher-key", "-"]].concat());
    for case in cases {
        let ended = run(&world, "", &case).await;
        assert_eq!(ended.code, 2, "{case:?}: {}", ended.text);
        assert!(ended.text.contains("kalends-pubsub create|show|remove"));
    }
    let help = run(&world, "", &["--help"]).await;
    assert_eq!(help.code, 0);
    assert!(help.text.contains("--push-account EMAIL"));
}
