//! First sight of ours: an entry becomes an event. As many as the provider takes are created in one call, and each of
//! them goes the way that it would go alone.

use domain::{
    calendar::Calendar,
    content::Content,
    entry::Entry,
    event::CalendarEvent,
    failure::FailureClass,
    link::{Base, EventLink, LinkState, Origin, Sent},
    sync::{
        observe::{EntrySeen, EventSeen, Pair},
        plan::Step,
    },
    trace::Deed,
};

use super::{
    super::{Context, SyncError},
    Halt, linked as named,
    write::linked,
};
use crate::{
    providers::{Created, NewEvent, ProviderError, Tried},
    store::LinkWrite,
};

/// What ends in an event of ours.
pub(super) enum Creation {
    New(Box<Entry>),
    Begun(Box<Begun>),
}

/// A link stands for an event that is to be created, or was already without us knowing.
pub(super) struct Begun {
    pub(super) link: EventLink,
    pub(super) entry_version: u64,
    pub(super) content: Content,
    pub(super) tried: Tried,
}

impl Begun {
    /// What every try to create it says.
    fn sent(&self) -> Sent {
        match &self.link.state {
            LinkState::Pending { sent } => sent.clone(),
            LinkState::Linked { .. } | LinkState::Conflict { .. } | LinkState::Severed { .. } => {
                Sent::creating(self.entry_version, &self.content)
            }
        }
    }

    fn into_step(self) -> Step {
        Step::FinishCreate {
            link: self.link.into(),
            entry_version: self.entry_version,
            content: self.content.into(),
        }
    }
}

/// The creation that a step is, or the step.
pub(super) fn creation(step: Step) -> Result<Creation, Step> {
    match step {
        Step::CreateEvent { entry } => Ok(Creation::New(entry)),
        Step::FinishCreate {
            link,
            entry_version,
            content,
        } => Ok(Creation::Begun(Box::new(Begun {
            link: *link,
            entry_version,
            content: *content,
            tried: Tried::Perhaps,
        }))),
        other @ (Step::CreateEntry { .. }
        | Step::JoinEntry { .. }
        | Step::Write(_)
        | Step::Rebase { .. }
        | Step::DeleteEntry { .. }
        | Step::Unassign { .. }
        | Step::RestoreEntry { .. }
        | Step::Sever { .. }
        | Step::DeleteEvent { .. }
        | Step::Unlink { .. }
        | Step::Conflict { .. }
        | Step::Refuse { .. }) => Err(other),
    }
}

impl Context<'_> {
    pub(super) async fn create_event(
        &mut self,
        calendar: &Calendar,
        entry: &Entry,
    ) -> Result<Option<Step>, Halt> {
        let (begun, writes) = self.begun(calendar, entry);
        self.write_links(writes).await?;
        self.untried = Some(begun.link.external_id.clone());
        Ok(Some(begun.into_step()))
    }

    pub(super) async fn finish_create(
        &mut self,
        calendar: &Calendar,
        begun: Begun,
    ) -> Result<Option<Step>, Halt> {
        let sent = begun.sent();
        let begun = Begun {
            link: self.creatable(begun.link, &sent).await?,
            ..begun
        };
        let is_untried = self
            .untried
            .take()
            .is_some_and(|id| id == begun.link.external_id);
        let event = NewEvent {
            id: &begun.link.external_id,
            content: &sent.content,
            hidden: calendar.settings.privacy.hidden_of_event(begun.link.origin),
            tried: if is_untried {
                Tried::Never
            } else {
                begun.tried
            },
        };
        let alone = [event];
        let answers = self.provider.create(&self.access, calendar, &alone);
        let Some(created) = answers.await?.pop() else {
            return Ok(None);
        };
        let (writes, pair) = self.finish(calendar, begun, created?).await?;
        self.write_links(writes).await?;
        Ok(self.decide_pair(calendar, pair))
    }

    /// Creates events together. Where nothing is known of what became of them, each is created by itself: one that the
    /// provider cannot take must not hold up the others, and those that were created are found under their ids.
    pub(super) async fn create_together(
        &mut self,
        calendar: &Calendar,
        creations: Vec<Creation>,
    ) -> Result<(), SyncError> {
        let begun = self.begin_together(calendar, creations).await?;
        let sent: Vec<Sent> = begun.iter().map(Begun::sent).collect();
        let new = begun.iter().zip(&sent).map(|(begun, sent)| NewEvent {
            id: &begun.link.external_id,
            content: &sent.content,
            hidden: calendar.settings.privacy.hidden_of_event(begun.link.origin),
            tried: begun.tried,
        });
        let new: Vec<NewEvent<'_>> = new.collect();
        if new.is_empty() {
            return Ok(());
        }
        match self.provider.create(&self.access, calendar, &new).await {
            Ok(answers) => self.finish_together(calendar, begun, answers).await,
            Err(error) => self.one_by_one(calendar, begun, error).await,
        }
    }

    /// The link comes first: if the provider's answer is lost, the next run finds the event under this id.
    fn begun(&self, calendar: &Calendar, entry: &Entry) -> (Begun, Vec<LinkWrite>) {
        let link = EventLink {
            entry: entry.id,
            connection: calendar.connection,
            calendar: calendar.id,
            external_id: self.new_event_id(calendar, entry.id),
            uid: None,
            origin: Origin::Entry,
            state: LinkState::Pending {
                sent: Sent::creating(entry.version, &entry.content),
            },
            version: 0,
        };
        let writes = vec![
            self.trace(calendar, &link, Deed::CreateEvent, None),
            LinkWrite::Create(link.clone()),
        ];
        let begun = Begun {
            link: EventLink { version: 1, ..link },
            entry_version: entry.version,
            content: entry.content.clone(),
            tried: Tried::Never,
        };
        (begun, writes)
    }

    async fn begin_together(
        &mut self,
        calendar: &Calendar,
        creations: Vec<Creation>,
    ) -> Result<Vec<Begun>, SyncError> {
        let (mut ready, mut entries, mut groups) = (Vec::new(), Vec::new(), Vec::new());
        for creation in creations {
            match creation {
                Creation::Begun(begun) if self.is_creatable(&begun.link) => ready.push(*begun),
                Creation::Begun(begun) => self.apply(calendar, begun.into_step()).await?,
                Creation::New(entry) => {
                    let (begun, writes) = self.begun(calendar, &entry);
                    entries.push((entry, begun));
                    groups.push(writes);
                }
            }
        }
        let written = self.store.write_links_each(groups, self.fence).await?;
        for ((entry, begun), written) in entries.into_iter().zip(written) {
            if written {
                ready.push(begun);
            } else {
                self.apply(calendar, Step::CreateEvent { entry }).await?;
            }
        }
        Ok(ready)
    }

    async fn one_by_one(
        &mut self,
        calendar: &Calendar,
        begun: Vec<Begun>,
        error: ProviderError,
    ) -> Result<(), SyncError> {
        let asks_to_wait = error.retry_after_s.is_some();
        match error.class {
            FailureClass::RateLimited | FailureClass::Authentication => return Err(error.into()),
            FailureClass::Transient if asks_to_wait => return Err(error.into()),
            FailureClass::Transient
            | FailureClass::Conflict
            | FailureClass::CursorExpired
            | FailureClass::NotFound
            | FailureClass::Rejected => {}
        }
        tracing::warn!(
            tenant = %self.store.id(), connection = %self.connection.id, calendar = %calendar.id, events = begun.len(),
            "not created together: {error}"
        );
        for begun in begun {
            if self.out_of_time() {
                return Err(error.into());
            }
            self.apply(calendar, begun.into_step()).await?;
        }
        Ok(())
    }

    /// Everything that was created is written down before anything else is made of the answers.
    async fn finish_together(
        &mut self,
        calendar: &Calendar,
        begun: Vec<Begun>,
        answers: Vec<Result<Created, ProviderError>>,
    ) -> Result<(), SyncError> {
        let (mut ended, mut groups) = (Vec::new(), Vec::new());
        for (begun, answer) in begun.into_iter().zip(answers) {
            let named = named(&begun.link, &begun.content.title);
            let finished = match answer {
                Ok(created) => self.finish(calendar, begun, created).await,
                Err(error) => Err(error.into()),
            };
            ended.push((
                named,
                finished.map(|(writes, pair)| {
                    groups.push(writes);
                    pair
                }),
            ));
        }
        let written = self.store.write_links_each(groups, self.fence).await?;
        let mut written = written.into_iter();
        for (named, finished) in ended {
            let ended = finished.and_then(|pair| {
                if written.next() == Some(true) {
                    Ok(self.decide_pair(calendar, pair))
                } else {
                    Err(Halt::Stale)
                }
            });
            if let Some(next) = self.follow(calendar, named, true, ended).await? {
                self.apply(calendar, next).await?;
            }
        }
        Ok(())
    }

    /// What is to be written once the event is there, and both sides as they are then.
    async fn finish(
        &mut self,
        calendar: &Calendar,
        begun: Begun,
        created: Created,
    ) -> Result<(Vec<LinkWrite>, Pair), Halt> {
        let sent = begun.sent();
        let Begun {
            link,
            entry_version,
            content,
            tried: _,
        } = begun;
        let policy = self.policy(calendar);
        let shown = |event: &CalendarEvent| policy.shown_event(event.content.clone(), link.origin);
        let (event, sent, agreed) = match created {
            Created::New(event) => {
                self.counts.events_created += 1;
                let agreed = shown(&event);
                (event, sent.as_created(), agreed)
            }
            // What was sent is agreed: anything else in the event is somebody's edit, to be decided like any other.
            Created::Existing(event) if policy.direction.pulls() => {
                let agreed = sent.as_it_landed(&shown(&event));
                (event, sent, agreed)
            }
            // Where nothing is taken over, its words must at least be known before they are written over.
            Created::Existing(event) => {
                let agreed = shown(&event);
                (event, sent, agreed)
            }
        };
        let base = Base::new(
            sent.entry_version,
            sent.content,
            event.revision.clone(),
            agreed,
        );
        let mut writes = self.settling(&link).await?;
        if link.uid.is_none() {
            let entry = link.entry;
            writes.extend(event.uid.clone().map(|uid| LinkWrite::take(uid, entry)));
        }
        let was = link.clone();
        let mut link = EventLink {
            uid: event.uid,
            external_id: event.external_id,
            ..linked(link, base)
        };
        writes.push(LinkWrite::under_its_id(was, link.clone()));
        link.version += 1;
        let pair = Pair {
            link,
            entry: EntrySeen::Present {
                version: entry_version,
                content,
                changed_at: self.app.clock.now(),
                shared: false,
                origin: Origin::Entry,
            },
            event: EventSeen::Present {
                revision: event.revision,
                content: event.content,
                changed_at: event.changed_at,
            },
        };
        Ok((writes, pair))
    }
}
