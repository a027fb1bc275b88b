//! Secrets Manager: versions, stages, repeated writes, deletion.

use aws_sdk_secretsmanager::{
    error::ProvideErrorMetadata,
    operation::{get_secret_value::GetSecretValueOutput, put_secret_value::PutSecretValueOutput},
    types::Tag,
};

use super::{Account, Deviation, sentences};

sentences! {
    a_secret_is_read_by_name_by_arn_and_by_version,
    a_new_version_is_current_and_the_one_before_is_previous,
    a_version_that_lost_its_stages_can_still_be_read_by_its_id,
    the_same_write_again_changes_nothing,
    a_used_request_token_with_another_value_is_refused,
    a_name_can_be_taken_once,
    a_deleted_secret_cannot_be_read_or_written_and_its_name_stays_taken,
    a_forced_deletion_frees_the_name_and_never_fails,
    a_recovery_window_is_seven_to_thirty_days,
    a_secret_holds_sixty_four_kibibytes,
    a_secret_that_is_not_there_is_not_found,
    tags_and_stages_are_described,
}

const CREATE_SECRET: &str =
    "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html";
const PUT_SECRET_VALUE: &str =
    "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html";
const FIRST: &str = "11111111-1111-4111-8111-111111111111";
const SECOND: &str = "22222222-2222-4222-8222-222222222222";
const THIRD: &str = "33333333-3333-4333-8333-333333333333";

/// The ARN and the first version's id.
async fn create(aws: &Account, name: &str) -> (String, String) {
    let request = aws.secrets.create_secret().name(name).secret_string("one");
    let answer = request.client_request_token(FIRST).send().await;
    let created = answer.expect("created");
    (
        created.arn.expect("its ARN"),
        created.version_id.expect("its version"),
    )
}

async fn put(
    aws: &Account,
    name: &str,
    version: &str,
    text: &str,
) -> Result<PutSecretValueOutput, String> {
    let request = aws.secrets.put_secret_value().secret_id(name);
    let request = request.client_request_token(version).secret_string(text);
    request
        .send()
        .await
        .map_err(|error| code(&error.into_service_error()))
}

async fn get(
    aws: &Account,
    id: &str,
    version: Option<&str>,
    stage: Option<&str>,
) -> Result<GetSecretValueOutput, String> {
    let request = aws.secrets.get_secret_value().secret_id(id);
    let request = request
        .set_version_id(version.map(str::to_owned))
        .set_version_stage(stage.map(str::to_owned));
    request
        .send()
        .await
        .map_err(|error| code(&error.into_service_error()))
}

async fn text(aws: &Account, id: &str, version: Option<&str>, stage: Option<&str>) -> String {
    let secret = get(aws, id, version, stage).await.expect("readable");
    secret.secret_string.expect("a text")
}

fn code(error: &impl ProvideErrorMetadata) -> String {
    error.code().unwrap_or_default().to_owned()
}

async fn a_secret_is_read_by_name_by_arn_and_by_version(aws: &Account) {
    let (arn, first) = create(aws, "kalends/test/t/ten_1/c/con_1").await;
    aws.holds(
        first == FIRST,
        &Deviation {
            name: "the request token of CreateSecret does not become the version's id",
            documented: CREATE_SECRET,
        },
    );
    assert!(arn.contains(":secret:kalends/test/t/ten_1/c/con_1-"));
    for id in ["kalends/test/t/ten_1/c/con_1", arn.as_str()] {
        let secret = get(aws, id, None, None).await.expect("readable");
        assert_eq!(secret.secret_string(), Some("one"));
        assert_eq!(secret.version_id(), Some(first.as_str()));
        assert_eq!(secret.version_stages(), ["AWSCURRENT"]);
        assert_eq!(text(aws, id, Some(&first), None).await, "one");
    }
}

async fn a_new_version_is_current_and_the_one_before_is_previous(aws: &Account) {
    let (_, first) = create(aws, "rotated").await;
    let answer = put(aws, "rotated", SECOND, "two").await.expect("written");
    assert_eq!(answer.version_id(), Some(SECOND));
    assert_eq!(text(aws, "rotated", None, None).await, "two");
    assert_eq!(text(aws, "rotated", None, Some("AWSPREVIOUS")).await, "one");
    assert_eq!(text(aws, "rotated", Some(&first), None).await, "one");
    let mismatch = get(aws, "rotated", Some(&first), Some("AWSCURRENT")).await;
    aws.holds(
        mismatch.is_err(),
        &Deviation {
            name: "a stage that the asked version does not carry is not looked at",
            documented: "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html",
        },
    );
}

async fn a_version_that_lost_its_stages_can_still_be_read_by_its_id(aws: &Account) {
    let (_, first) = create(aws, "thrice").await;
    put(aws, "thrice", SECOND, "two").await.expect("written");
    put(aws, "thrice", THIRD, "three").await.expect("written");
    assert_eq!(text(aws, "thrice", None, Some("AWSPREVIOUS")).await, "two");
    let read = get(aws, "thrice", Some(&first), None).await;
    aws.holds(
        read.is_ok_and(|secret| secret.secret_string() == Some("one")),
        &Deviation {
            name: "a third version drops the first at once",
            documented: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html",
        },
    );
}

async fn the_same_write_again_changes_nothing(aws: &Account) {
    create(aws, "repeated").await;
    let again = aws.secrets.create_secret().name("repeated");
    let again = again.client_request_token(FIRST).secret_string("one");
    let answer = again.send().await;
    aws.holds(
        answer.is_ok(),
        &Deviation {
            name: "a repeated CreateSecret is refused",
            documented: CREATE_SECRET,
        },
    );
    put(aws, "repeated", SECOND, "two").await.expect("written");
    put(aws, "repeated", SECOND, "two")
        .await
        .expect("the same again");
    let previous = get(aws, "repeated", None, Some("AWSPREVIOUS")).await;
    aws.holds(
        previous.is_ok_and(|secret| secret.secret_string() == Some("one")),
        &Deviation {
            name: "a repeated PutSecretValue moves the stages again",
            documented: PUT_SECRET_VALUE,
        },
    );
}

async fn a_used_request_token_with_another_value_is_refused(aws: &Account) {
    create(aws, "reused").await;
    put(aws, "reused", SECOND, "two").await.expect("written");
    let answer = put(aws, "reused", SECOND, "other").await;
    aws.holds(
        answer.is_err_and(|code| code == "ResourceExistsException"),
        &Deviation {
            name: "a reused request token overwrites the version",
            documented: PUT_SECRET_VALUE,
        },
    );
}

async fn a_name_can_be_taken_once(aws: &Account) {
    create(aws, "taken").await;
    let request = aws.secrets.create_secret().name("taken");
    let answer = request.secret_string("two").send().await;
    let error = answer.expect_err("taken").into_service_error();
    assert!(error.is_resource_exists_exception(), "{error:?}");
}

async fn a_deleted_secret_cannot_be_read_or_written_and_its_name_stays_taken(aws: &Account) {
    create(aws, "going").await;
    let request = aws.secrets.delete_secret().secret_id("going");
    let answer = request.recovery_window_in_days(7).send().await;
    assert!(answer.expect("scheduled").deletion_date.is_some());
    let refused = "InvalidRequestException".to_owned();
    assert_eq!(
        get(aws, "going", None, None).await.err(),
        Some(refused.clone())
    );
    assert_eq!(
        put(aws, "going", SECOND, "two").await.err(),
        Some(refused.clone())
    );
    let request = aws.secrets.describe_secret().secret_id("going").send();
    assert!(request.await.expect("described").deleted_date.is_some());
    let request = aws.secrets.create_secret().name("going");
    let answer = request.secret_string("two").send().await;
    aws.holds(
        answer.is_err_and(|error| code(&error.into_service_error()) == refused),
        &Deviation {
            name: "creating a secret that is scheduled for deletion gives ResourceExistsException",
            documented: CREATE_SECRET,
        },
    );
    if aws.pass(7 * 24 * 60 * 60).is_some() {
        create(aws, "going").await;
    }
}

async fn a_forced_deletion_frees_the_name_and_never_fails(aws: &Account) {
    create(aws, "gone").await;
    let force = || {
        let request = aws.secrets.delete_secret().secret_id("gone");
        request.force_delete_without_recovery(true).send()
    };
    force().await.expect("deleted");
    aws.holds(
        force().await.is_ok(),
        &Deviation {
            name: "a forced deletion of a secret that is not there fails",
            documented: "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html",
        },
    );
    create(aws, "gone").await;
}

async fn a_recovery_window_is_seven_to_thirty_days(aws: &Account) {
    create(aws, "window").await;
    for days in [6, 31] {
        let request = aws.secrets.delete_secret().secret_id("window");
        let answer = request.recovery_window_in_days(days).send().await;
        let error = answer.expect_err("out of range").into_service_error();
        assert!(error.is_invalid_parameter_exception(), "{error:?}");
    }
}

async fn a_secret_holds_sixty_four_kibibytes(aws: &Account) {
    create(aws, "large").await;
    put(aws, "large", SECOND, &"x".repeat(65_536))
        .await
        .expect("just fits");
    let answer = put(aws, "large", THIRD, &"x".repeat(65_537)).await;
    aws.holds(
        answer.is_err(),
        &Deviation {
            name: "a secret over 65,536 bytes is accepted",
            documented: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html",
        },
    );
}

async fn a_secret_that_is_not_there_is_not_found(aws: &Account) {
    let not_found = Some("ResourceNotFoundException".to_owned());
    assert_eq!(get(aws, "nowhere", None, None).await.err(), not_found);
    assert_eq!(put(aws, "nowhere", FIRST, "one").await.err(), not_found);
    create(aws, "somewhere").await;
    let answer = get(aws, "somewhere", Some(THIRD), None).await;
    assert_eq!(answer.err(), not_found);
}

async fn tags_and_stages_are_described(aws: &Account) {
    let tag = Tag::builder().key("tenant").value("ten_1").build();
    let request = aws.secrets.create_secret().name("tagged").tags(tag);
    let created = request.secret_string("one").send().await.expect("created");
    let first = created.version_id.expect("its version");
    put(aws, "tagged", SECOND, "two").await.expect("written");
    let request = aws.secrets.describe_secret().secret_id("tagged").send();
    let secret = request.await.expect("described");
    assert_eq!(secret.tags()[0].value(), Some("ten_1"));
    let stages = secret.version_ids_to_stages.expect("stages");
    assert_eq!(stages[SECOND], ["AWSCURRENT"]);
    assert_eq!(stages[&first], ["AWSPREVIOUS"]);
}
