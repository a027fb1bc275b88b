//! Each fault scenario in small: whatever goes wrong, nobody is harmed.

mod audit;

use tests::{
    scenarios::{Scale, Scenario},
    world::provider_under_test,
};

async fn harms_nobody(scenario: Scenario) {
    let row = scenario
        .play(provider_under_test().unwrap(), Scale::Test)
        .await
        .unwrap();

    assert!(row.is_clean(), "{row:#?}");
}

#[tokio::test]
async fn a_round_without_changes_is_one_call() {
    let row = Scenario::S4
        .play(provider_under_test().unwrap(), Scale::Test)
        .await
        .unwrap();

    assert!(row.is_clean(), "{row:#?}");
    assert_eq!(row.calls, 1);
}

#[tokio::test]
async fn a_first_sync_of_mixed_events_harms_nobody_and_takes_few_calls() {
    let row = Scenario::S1
        .play(provider_under_test().unwrap(), Scale::Test)
        .await
        .unwrap();

    assert!(row.is_clean() && row.is_within_budget(), "{row:#?}");
}

macro_rules! scenarios {
    ($($sentence:ident: $scenario:ident,)*) => {
        $(
            #[tokio::test]
            async fn $sentence() {
                harms_nobody(Scenario::$scenario).await;
            }
        )*
    };
}

scenarios! {
    one_edit_each_way_harms_nobody: S2,
    a_burst_of_edits_harms_nobody: S3,
    an_expired_cursor_harms_nobody: S5,
    a_storm_of_refusals_harms_nobody: S6,
    lost_webhooks_harm_nobody: S7,
    empty_and_short_pages_harm_nobody: S8,
    lost_responses_harm_nobody: S9,
    a_week_in_which_clocks_change_harms_nobody: S10,
    three_calendars_in_a_ring_harm_nobody: S11,
    a_crash_at_every_step_harms_nobody: S12,
    a_token_revoked_in_a_run_harms_nobody: S13,
    two_workers_on_one_connection_harm_nobody: S14,
    a_mass_deletion_harms_nobody: S15,
}
