//! Every route that there is, tried with a key of each scope.

use std::collections::BTreeSet;

use domain::{api_key::ApiKey, permission::Permission};
use reqwest::StatusCode;
use serde_json::json;
use shared::web::Need;
use tests::{
    person::{Answer, Person},
    world::World,
};

use super::{
    ADA,
    matrix::{NOTHING, ask, gated, is_not_permitted},
};
use crate::{
    requests::routes::Route,
    support::{Kept, api_key, is_use_of_key},
};

/// As documents say it, not as the gate does: what scopes name, and no person has to confirm.
pub(super) fn is_for_programs(route: &Route) -> bool {
    let is_scoped = matches!(route.gate.need, Need::May(_));
    is_scoped && !route.gate.confirmed && !route.is_page()
}

/// That keys are used is counted.
pub(super) fn without_uses_of_keys(changed: BTreeSet<String>) -> Vec<String> {
    let mut others: Vec<_> = changed.into_iter().collect();
    others.retain(|key| !is_use_of_key(key));
    others
}

fn is_browser_only(route: &Route, answer: &Answer) -> bool {
    let said = if route.is_page() {
        answer.text.contains("An API key cannot do this.")
    } else {
        answer.at("/code") == "browser_only"
    };
    answer.status == StatusCode::FORBIDDEN && said
}

/// Whether a key of this scope got where it may, and was told what keeps it out elsewhere.
fn fits(scope: Permission, route: &Route, answer: &Answer) -> bool {
    let (browser_only, not_permitted) = (
        is_browser_only(route, answer),
        is_not_permitted(route, answer),
    );
    if !is_for_programs(route) {
        return browser_only;
    }
    if route.gate.need != Need::May(scope) {
        return not_permitted;
    }
    let outside = [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS];
    !browser_only && !not_permitted && !outside.contains(&answer.status)
}

#[tokio::test]
async fn a_key_gets_where_its_scope_names_and_nowhere_else() {
    let world = World::start().await.unwrap();
    let ada = Person::sign_in(&world, ADA).await.unwrap();
    let program = Person::stranger(&world).unwrap();
    let mut complaints = Vec::new();
    let mut opened = 0;

    for scope in ApiKey::SCOPES {
        let (_, key) = api_key(&ada, json!({ "scopes": [scope] })).await;
        let before = Kept::of(&world).await;
        for route in gated() {
            let answer = ask(&program, Some(&key), &route, &NOTHING).await;
            opened += usize::from(answer.status != StatusCode::FORBIDDEN);
            if !fits(scope, &route, &answer) {
                let Route {
                    method, pattern, ..
                } = &route;
                complaints.push(format!("{scope}, {method} {pattern}: {}", answer.status));
            }
        }
        let changed = Kept::of(&world).await.differs_from(&before);
        let changed = without_uses_of_keys(changed).into_iter();
        complaints.extend(changed.map(|key| format!("{scope} changed {key}")));
    }

    assert_eq!(complaints, [""; 0]);
    assert!(opened > 20, "{opened}");
}
