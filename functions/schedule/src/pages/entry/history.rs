//! What happened to the entry, for those who may see it.

use domain::{entry::Entry, link::Origin, time::Zone};
use shared::{
    app::App,
    problem::Problem,
    web::{Session, page::moment},
};
use ui::pages::entry::{Happening, Was};

use crate::trace;

pub(super) async fn of(
    app: &App,
    session: &Session,
    entry: &Entry,
    zone: &Zone,
) -> Result<Option<Vec<Happening>>, Problem> {
    if !trace::may_read(session, entry) {
        return Ok(None);
    }
    let store = app.store.tenant(session);
    let told = trace::of(&store, session, entry).await?.into_iter();
    let happenings = told.map(|told| Happening {
        id: told.id.to_string(),
        at: moment(told.at, zone),
        by: told.by.name().to_owned(),
        words: told.words,
        was: told
            .overwritten
            .into_iter()
            .map(|was| Was {
                there: was.side == Origin::Event,
                text: was.words,
            })
            .collect(),
    });
    Ok(Some(happenings.collect()))
}
