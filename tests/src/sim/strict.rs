//! Query strings and forms in which every name must be expected.

use url::form_urlencoded;

/// Why a parameter was not understood; the text names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadParameter {
    pub(super) name: String,
    pub(super) why: String,
    /// The name itself is not expected here.
    pub(super) unknown: bool,
}

/// Decoded parameters in the order they came.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    pub(super) fn parse(encoded: &str) -> Self {
        Self(
            form_urlencoded::parse(encoded.as_bytes())
                .into_owned()
                .collect(),
        )
    }

    /// The same with every known name spelt as it is known, whatever the case it came in.
    pub(super) fn folded(self, known: &[&str]) -> Self {
        let fold = |(name, value): (String, String)| {
            let found = known.iter().find(|known| known.eq_ignore_ascii_case(&name));
            (found.map_or(name, |known| (*known).to_owned()), value)
        };
        Self(self.0.into_iter().map(fold).collect())
    }

    /// Every name and value, in the order they came.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Fails on the first name that is in none of the lists.
    pub(super) fn only(&self, allowed: &[&[&str]]) -> Result<(), BadParameter> {
        let known = |name: &str| allowed.iter().any(|list| list.contains(&name));
        match self.0.iter().find(|(name, _)| !known(name)) {
            None => Ok(()),
            Some((name, _)) => Err(BadParameter {
                name: name.clone(),
                why: format!("Unknown parameter \"{name}\"."),
                unknown: true,
            }),
        }
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// A parameter that may stand at most once.
    pub(super) fn one(&self, name: &str) -> Result<Option<&str>, BadParameter> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let first = values.next().map(|(_, value)| value.as_str());
        if values.next().is_some() {
            return Err(bad(name, "is repeated"));
        }
        Ok(first)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, BadParameter> {
        match self.one(name)? {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(bad(name, &format!("is {other:?}, not true or false"))),
        }
    }

    pub(super) fn count(&self, name: &str) -> Result<Option<usize>, BadParameter> {
        match self.one(name)? {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(0) | Err(_) => Err(bad(name, &format!("is {text:?}, not a positive number"))),
                Ok(count) => Ok(Some(count)),
            },
        }
    }

    pub(super) fn choice<'a>(
        &'a self,
        name: &str,
        choices: &[&str],
    ) -> Result<Option<&'a str>, BadParameter> {
        match self.one(name)? {
            Some(text) if !choices.contains(&text) => {
                Err(bad(name, &format!("is {text:?}, not one of {choices:?}")))
            }
            other => Ok(other),
        }
    }
}

pub(super) fn bad(name: &str, why: &str) -> BadParameter {
    BadParameter {
        name: name.to_owned(),
        why: format!("Parameter \"{name}\" {why}."),
        unknown: false,
    }
}
