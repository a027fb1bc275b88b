//! What a member may do with an entry of their tenant.

pub(crate) use domain::access::Access;
use domain::{
    calendar::Privacy,
    content::Content,
    entry::{Draft, Entry, WorkItemType},
    id::MemberId,
    permission::Permission,
    series::{Exception, OriginalStart},
};
use shared::web::Session;

pub(crate) fn may(session: &Session, entry: &Entry) -> Access {
    let private = entry.content.private;
    domain::access::may(
        session.member,
        &session.permissions,
        &entry.assignees,
        private,
    )
}

/// An admin assigns anyone; everyone else only themselves, besides those who are assigned already.
pub(crate) fn may_assign(session: &Session, before: &[MemberId], after: &[MemberId]) -> bool {
    session.may(Permission::ScheduleManage)
        || after
            .iter()
            .all(|member| *member == session.member || before.contains(member))
}

/// The entry as this member may see it.
pub(crate) fn shown_to(session: &Session, mut entry: Entry) -> Entry {
    match may(session, &entry) {
        Access::Read | Access::Write => {
            if !entry.assignees.contains(&session.member) {
                let busy = Privacy::BusyOnly.shown(entry.content.clone());
                for (at, _) in private_occurrences(&entry.content.clone()) {
                    let as_busy = busy.occurrence(at).map(|content| Content {
                        private: true,
                        ..content
                    });
                    entry.content = entry.content.with_occurrence(at, as_busy.as_ref());
                }
            }
        }
        Access::Busy => {
            entry.content = Privacy::BusyOnly.shown(entry.content).as_entry();
            entry.attendees.clear();
            entry.work_item_type = WorkItemType::default();
        }
    }
    entry
}

/// Whether one occurrence is private to others, while its series is not.
pub(crate) fn hides(session: &Session, entry: &Entry, at: OriginalStart) -> bool {
    !entry.assignees.contains(&session.member)
        && private_occurrences(&entry.content).any(|(private, _)| private == at)
}

/// Who writes down what they see does not thereby change what is hidden from them.
pub(crate) fn keep_hidden(session: &Session, before: &Draft, after: &mut Draft) {
    let sees_all = before.assignees.contains(&session.member);
    if sees_all || before.content.timing != after.content.timing {
        return;
    }
    for (at, exception) in private_occurrences(&before.content) {
        let exception = Some(exception.clone());
        after.content.exceptions.set(at, exception);
    }
}

fn private_occurrences(content: &Content) -> impl Iterator<Item = (OriginalStart, &Exception)> {
    let is_private = |exception: &Exception| match exception {
        Exception::Cancelled => false,
        Exception::Changed(changes) => changes.private == Some(true),
    };
    let all = content.exceptions.iter();
    all.filter(move |(_, exception)| is_private(exception))
}
