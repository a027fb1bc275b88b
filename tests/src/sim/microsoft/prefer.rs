//! The `Prefer` header: what a caller would like, for this one request.

use http::{HeaderMap, HeaderName};

use super::ids::IdType;
use super::times::ShownZone;
use super::wire::{GraphError, Reply};
use super::zones;

#[derive(Clone, Debug)]
pub(super) struct Preferences {
    pub(super) ids: IdType,
    pub(super) zone: ShownZone,
    pub(super) text_body: bool,
    pub(super) page_size: Option<usize>,
    /// What was understood, as `Preference-Applied` tells it.
    applied: Vec<String>,
}

impl Preferences {
    /// Reads every `Prefer` header; several preferences may share one.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, GraphError> {
        let mut read = Self {
            ids: IdType::Mutable,
            zone: ShownZone::utc(),
            text_body: false,
            page_size: None,
            applied: Vec::new(),
        };
        let lines = headers.get_all("prefer").iter();
        for line in lines.filter_map(|line| line.to_str().ok()) {
            for preference in line.split(',').map(str::trim).filter(|p| !p.is_empty()) {
                read.take(preference)?;
            }
        }
        Ok(read)
    }

    fn take(&mut self, preference: &str) -> Result<(), GraphError> {
        let unknown = || {
            let message = format!("The preference {preference:?} is not known here.");
            GraphError::bad_request(message).into_refusal()
        };
        let (name, value) = preference.split_once('=').ok_or_else(unknown)?;
        let value = value.trim().trim_matches('"');
        match name.trim().to_ascii_lowercase().as_str() {
            "idtype" if value.eq_ignore_ascii_case("ImmutableId") => self.ids = IdType::Immutable,
            "outlook.timezone" => {
                let zone = zones::zone(value).ok_or_else(|| GraphError::unknown_zone(value))?;
                let name = value.to_owned();
                self.zone = ShownZone { name, zone };
            }
            "outlook.body-content-type" if value.eq_ignore_ascii_case("text") => {
                self.text_body = true;
            }
            "outlook.body-content-type" if value.eq_ignore_ascii_case("html") => {
                self.text_body = false;
            }
            "odata.maxpagesize" => {
                let size = value.parse().ok().filter(|size| (1..=1000).contains(size));
                self.page_size = Some(size.ok_or_else(unknown)?);
            }
            _ => return Err(unknown()),
        }
        self.applied.push(preference.to_owned());
        Ok(())
    }

    pub(super) fn told_on(&self, reply: Reply) -> Reply {
        if self.applied.is_empty() {
            return reply;
        }
        let name = HeaderName::from_static("preference-applied");
        reply.with(name, self.applied.join(", "))
    }
}
