//! DynamoDB: the conditions and transactions that correctness rests on.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::{
    put_item::PutItemError, transact_write_items::TransactWriteItemsError,
};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement,
    KeyType, Projection, ProjectionType, Put, ReturnValue, ReturnValuesOnConditionCheckFailure,
    ScalarAttributeType, TransactWriteItem,
};

use super::{Account, sentences};

sentences! {
    a_conditional_write_that_fails_answers_with_the_item_as_it_is,
    an_update_counts_up_and_answers_with_the_new_item,
    a_conditional_delete_hands_out_the_item_once,
    a_transaction_writes_all_or_nothing_and_says_which_condition_failed,
    a_transaction_with_the_same_request_token_writes_once,
    a_sparse_index_holds_only_items_with_its_keys_in_order,
    a_query_pages_by_its_limit,
}

const TABLE: &str = "contract";

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn number(value: i64) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

fn item(pk: &str, sk: &str) -> HashMap<String, AttributeValue> {
    HashMap::from([
        ("PK".to_owned(), text(pk)),
        ("SK".to_owned(), text(sk)),
        ("gen".to_owned(), number(1)),
    ])
}

async fn table(aws: &Account) {
    let attribute = |name: &str| {
        AttributeDefinition::builder()
            .attribute_name(name)
            .attribute_type(ScalarAttributeType::S)
            .build()
            .expect("an attribute")
    };
    let key = |name: &str, kind: KeyType| {
        KeySchemaElement::builder()
            .attribute_name(name)
            .key_type(kind)
            .build()
            .expect("a key")
    };
    let all = Projection::builder().projection_type(ProjectionType::All);
    let index = GlobalSecondaryIndex::builder()
        .index_name("GSI1")
        .key_schema(key("GSI1PK", KeyType::Hash))
        .key_schema(key("GSI1SK", KeyType::Range))
        .projection(all.build());
    aws.dynamodb
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute("PK"))
        .attribute_definitions(attribute("SK"))
        .attribute_definitions(attribute("GSI1PK"))
        .attribute_definitions(attribute("GSI1SK"))
        .key_schema(key("PK", KeyType::Hash))
        .key_schema(key("SK", KeyType::Range))
        .global_secondary_indexes(index.build().expect("an index"))
        .send()
        .await
        .expect("a table");
}

async fn put(aws: &Account, item: HashMap<String, AttributeValue>) {
    let request = aws.dynamodb.put_item().table_name(TABLE);
    let request = request.set_item(Some(item));
    request.send().await.expect("written");
}

async fn a_conditional_write_that_fails_answers_with_the_item_as_it_is(aws: &Account) {
    table(aws).await;
    put(aws, item("Q#1", "SYNC")).await;
    let answer = aws
        .dynamodb
        .put_item()
        .table_name(TABLE)
        .set_item(Some(item("Q#1", "SYNC")))
        .condition_expression("attribute_not_exists(PK)")
        .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
        .send()
        .await;
    let error = answer.expect_err("it exists").into_service_error();
    let PutItemError::ConditionalCheckFailedException(failed) = error else {
        panic!("not the condition: {error:?}");
    };
    assert_eq!(failed.item().expect("the item")["gen"], number(1));
}

async fn an_update_counts_up_and_answers_with_the_new_item(aws: &Account) {
    table(aws).await;
    put(aws, item("Q#1", "SYNC")).await;
    let update = |condition: &str| {
        aws.dynamodb
            .update_item()
            .table_name(TABLE)
            .key("PK", text("Q#1"))
            .key("SK", text("SYNC"))
            .update_expression("ADD gen :one SET seen = :now")
            .condition_expression(condition)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":now", number(7))
            .return_values(ReturnValue::AllNew)
            .send()
    };
    let answer = update("attribute_exists(PK)").await.expect("updated");
    let new = answer.attributes.expect("the new item");
    assert_eq!((&new["gen"], &new["seen"]), (&number(2), &number(7)));
    let refused = update("attribute_not_exists(PK)").await;
    assert!(refused.is_err(), "the item exists");
}

async fn a_conditional_delete_hands_out_the_item_once(aws: &Account) {
    table(aws).await;
    put(aws, item("OST#1", "OST")).await;
    let take = || {
        aws.dynamodb
            .delete_item()
            .table_name(TABLE)
            .key("PK", text("OST#1"))
            .key("SK", text("OST"))
            .condition_expression("attribute_exists(PK)")
            .return_values(ReturnValue::AllOld)
            .send()
    };
    assert!(take().await.expect("deleted").attributes.is_some());
    let error = take().await.expect_err("gone").into_service_error();
    assert!(error.is_conditional_check_failed_exception());
}

fn put_new(pk: &str, sk: &str) -> TransactWriteItem {
    let put = Put::builder()
        .table_name(TABLE)
        .set_item(Some(item(pk, sk)))
        .condition_expression("attribute_not_exists(PK)")
        .build();
    let action = TransactWriteItem::builder();
    action.put(put.expect("a put")).build()
}

async fn a_transaction_writes_all_or_nothing_and_says_which_condition_failed(aws: &Account) {
    table(aws).await;
    put(aws, item("T#1", "R#1")).await;
    let request = aws.dynamodb.transact_write_items();
    let request = request.transact_items(put_new("T#1", "L#1"));
    let answer = request.transact_items(put_new("T#1", "R#1")).send().await;
    let error = answer.expect_err("one exists").into_service_error();
    let TransactWriteItemsError::TransactionCanceledException(cancelled) = error else {
        panic!("not cancelled: {error:?}");
    };
    let reasons: Vec<_> = cancelled
        .cancellation_reasons()
        .iter()
        .map(|reason| reason.code().unwrap_or_default())
        .collect();
    assert_eq!(reasons, ["None", "ConditionalCheckFailed"]);
    let request = aws.dynamodb.get_item().table_name(TABLE);
    let request = request.key("PK", text("T#1")).key("SK", text("L#1"));
    let read = request.consistent_read(true).send().await.expect("read");
    assert!(read.item.is_none(), "nothing was written");
}

async fn a_transaction_with_the_same_request_token_writes_once(aws: &Account) {
    table(aws).await;
    let write = || {
        let request = aws.dynamodb.transact_write_items();
        let request = request.transact_items(put_new("T#1", "L#1"));
        request.client_request_token("con_1-etag_1").send()
    };
    write().await.expect("written");
    write().await.expect("the same write again");
}

async fn a_sparse_index_holds_only_items_with_its_keys_in_order(aws: &Account) {
    table(aws).await;
    put(aws, item("T#1", "plain")).await;
    for (sk, start) in [("b", "2026-03-02"), ("a", "2026-03-01")] {
        let mut indexed = item("T#1", sk);
        indexed.insert("GSI1PK".to_owned(), text("T#1#EU#usr_1"));
        indexed.insert("GSI1SK".to_owned(), text(start));
        put(aws, indexed).await;
    }
    let answer = aws
        .dynamodb
        .query()
        .table_name(TABLE)
        .index_name("GSI1")
        .key_condition_expression("GSI1PK = :pk AND GSI1SK >= :from")
        .expression_attribute_values(":pk", text("T#1#EU#usr_1"))
        .expression_attribute_values(":from", text("2026"))
        .send()
        .await
        .expect("queried");
    let found: Vec<_> = answer.items().iter().map(|item| &item["SK"]).collect();
    assert_eq!(found, [&text("a"), &text("b")]);
}

async fn a_query_pages_by_its_limit(aws: &Account) {
    table(aws).await;
    for sk in ["L#1", "L#2", "L#3", "M#1"] {
        put(aws, item("T#1", sk)).await;
    }
    let page = |start| {
        aws.dynamodb
            .query()
            .table_name(TABLE)
            .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
            .expression_attribute_values(":pk", text("T#1"))
            .expression_attribute_values(":prefix", text("L#"))
            .limit(2)
            .set_exclusive_start_key(start)
            .send()
    };
    let first = page(None).await.expect("a page");
    assert_eq!(first.count, 2);
    let second = page(first.last_evaluated_key).await.expect("a page");
    assert_eq!(second.items()[0]["SK"], text("L#3"));
    assert!(second.last_evaluated_key.is_none());
}
