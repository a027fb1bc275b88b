//! Links whose event a complete read did not show. A short answer looks the same as a deletion, so each event is asked
//! for by its id, and only a plain "gone" counts. The walk over the links goes on over as many runs as it takes.

use domain::{
    calendar::Calendar,
    link::EventLink,
    sync::{brake::Way, observe::Observation},
};
use jiff::Timestamp;

use super::{Context, SyncError, calendar::carry_out, fetch::ended_before, holds::RoundSeen};
use crate::store::{AllShown, Comparing, Shown, SyncPosition};

/// Links that are read together.
const LINKS_AT_ONCE: usize = 500;
/// Events of one calendar that are asked for one by one in one run; what is left becomes another run.
const PROBES_PER_RUN_MAX: u32 = 100;

/// Goes on with the comparison where one is under way. The calendar itself was read just before: an event that is not
/// found is gone, and not merely out of reach. Answers why more is left, if it is.
pub(super) async fn go_on(
    context: &mut Context<'_>,
    calendar: &Calendar,
    position: SyncPosition,
) -> Result<Option<String>, SyncError> {
    let Some(mut comparing) = position.comparing.clone() else {
        return Ok(None);
    };
    if context.holds.waits(calendar.id, Way::Comparison) {
        // What is found missing is held: there is nothing to find out before someone decides.
        return Ok(None);
    }
    // The walk never passes what is held: what was decided goes on where it stands.
    context.begin_decided(calendar, Way::Comparison).await?;
    let shown = context.store.all_shown(calendar.id, position.read).await?;
    let is_over = walk(context, calendar, &shown, &mut comparing).await?;
    let is_held = context.holds.holds_now(calendar.id, Way::Comparison);
    let seen = if is_over {
        RoundSeen::ItsEnd
    } else {
        RoundSeen::NotItsEnd
    };
    context
        .settle_holds(calendar, Way::Comparison, seen)
        .await?;
    if is_held {
        return Ok(None);
    }
    let next = SyncPosition {
        comparing: (!is_over).then_some(comparing),
        reconciled_at: if is_over {
            Some(context.app.clock.now())
        } else {
            position.reconciled_at
        },
        ..position
    };
    context.commit(calendar, &next, &Shown::default()).await?;
    if !is_over {
        return Ok(Some(format!(
            "{} is still compared with what it holds",
            calendar.name
        )));
    }
    context.store.forget_shown(calendar.id).await?;
    Ok(None)
}

/// `false`: the run has done its share, or what it found is held.
async fn walk(
    context: &mut Context<'_>,
    calendar: &Calendar,
    shown: &AllShown,
    comparing: &mut Comparing,
) -> Result<bool, SyncError> {
    let mut probes = 0;
    loop {
        let after = comparing.after.as_ref();
        let (missing, last) = context
            .store
            .links_not_shown(calendar.id, after, shown, LINKS_AT_ONCE)
            .await?;
        // Together, so that the brakes see how many they are.
        let mut pairs = Vec::new();
        let mut is_cut = false;
        let mut place = comparing.after.clone();
        for (next, link) in missing {
            if !is_over(&link, comparing.since) {
                if probes >= PROBES_PER_RUN_MAX || context.out_of_time() {
                    is_cut = true;
                    break;
                }
                probes += 1;
                match context.observe_again(calendar, &link).await {
                    Ok(pair) => pairs.extend(pair),
                    Err(error) => context.fail_link(calendar, &link, error).await?,
                }
            }
            place = Some(next);
        }
        let mut observation = Observation {
            policy: context.policy(calendar),
            pairs,
            ..Observation::default()
        };
        observation.policy.restoring = context.holds.restoring(calendar.id, Way::Comparison);
        carry_out(context, calendar, Way::Comparison, observation).await?;
        if context.holds.holds_now(calendar.id, Way::Comparison) {
            return Ok(false);
        }
        comparing.after = place;
        match last {
            _ if is_cut => return Ok(false),
            Some(last) => comparing.after = Some(last),
            None => return Ok(true),
        }
    }
}

/// It is not in the answer for another reason than its end. A series is asked for all the same.
fn is_over(link: &EventLink, since: Option<Timestamp>) -> bool {
    link.base()
        .is_some_and(|base| ended_before(base.event(), since))
}
