//! What each function says of its API, for the document in OpenAPI 3.1. Shapes come from the types that are read and
//! written, and what every operation of its kind may answer is added here, so that nobody writes it down.
//!
//! Nothing at run time calls this: the tests assemble the document, and `assets` serves it.

mod document;

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::{
    problem::Problem,
    web::{BODY_BYTES_MAX, Gate, Need, Route},
};

type Shape = fn(&mut SchemaGenerator) -> Schema;

fn shape_of<T: JsonSchema>() -> Shape {
    |generator| generator.subschema_for::<T>()
}

/// The operations of all functions.
#[derive(Default)]
pub struct Api {
    groups: Vec<Group>,
}

struct Group {
    name: &'static str,
    words: &'static str,
    operations: Vec<Operation>,
}

impl Api {
    /// Operations that belong together, under a name and what there is to know of them all.
    pub fn group<const N: usize>(
        &mut self,
        name: &'static str,
        words: &'static str,
        operations: [Operation; N],
    ) {
        self.groups.push(Group {
            name,
            words,
            operations: operations.into(),
        });
    }

    /// More operations of a group that another function tells of.
    pub fn more<const N: usize>(&mut self, name: &'static str, operations: [Operation; N]) {
        self.group(name, "", operations);
    }

    /// What each route asks of its caller, as it is declared there.
    pub fn gate(&mut self, routes: &[Route]) {
        let operations = self
            .groups
            .iter_mut()
            .flat_map(|group| &mut group.operations);
        for operation in operations {
            let is_its =
                |route: &&Route| route.method == operation.method && route.path == operation.path;
            operation.gate = routes
                .iter()
                .find(is_its)
                .map(|route| route.gate)
                .or(operation.gate);
        }
    }

    pub fn operations(&self) -> impl Iterator<Item = &Operation> {
        self.groups.iter().flat_map(|group| &group.operations)
    }
}

/// One method of one address.
pub struct Operation {
    pub method: Method,
    pub path: &'static str,
    pub id: &'static str,
    summary: &'static str,
    words: Option<&'static str>,
    /// What its route asks of its caller.
    pub gate: Option<Gate>,
    /// Part of what is deployed: it cannot fail.
    is_fixed: bool,
    places: Vec<(&'static str, Shape)>,
    query: Option<Shape>,
    takes_version: bool,
    body: Option<Body>,
    answers: Vec<Answer>,
    refusals: Vec<Problem>,
}

struct Body {
    content: Content,
    is_required: bool,
}

/// What is in a body or an answer.
enum Content {
    Json(Shape),
    /// A file, of any of these kinds.
    File(&'static [&'static str]),
}

struct Answer {
    status: StatusCode,
    words: &'static str,
    content: Option<Content>,
    headers: Vec<Header>,
    /// Operations that take something of this answer: their id, their parameter, and where it stands in the answer.
    next: Vec<(&'static str, &'static str, &'static str)>,
}

#[derive(Clone, Copy)]
enum Header {
    Etag,
    Location,
    SetCookie,
    RetryAfter,
}

pub fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::GET, path, id, summary)
}

pub fn post(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::POST, path, id, summary)
}

pub fn put(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::PUT, path, id, summary)
}

pub fn patch(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::PATCH, path, id, summary)
}

pub fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new(Method::DELETE, path, id, summary)
}

impl Operation {
    fn new(method: Method, path: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            id,
            summary,
            words: None,
            gate: None,
            is_fixed: false,
            places: Vec::new(),
            query: None,
            takes_version: false,
            body: None,
            answers: Vec::new(),
            refusals: Vec::new(),
        }
    }

    /// What the summary leaves out.
    #[must_use]
    pub fn words(mut self, words: &'static str) -> Self {
        self.words = Some(words);
        self
    }

    /// Answers whoever asks the same, until another version is deployed.
    #[must_use]
    pub fn fixed(mut self) -> Self {
        self.is_fixed = true;
        self.answer(StatusCode::NOT_MODIFIED, "It is as you have it.", None)
            .tagged()
    }

    /// What stands in the address under this name.
    #[must_use]
    pub fn at<T: JsonSchema>(mut self, name: &'static str) -> Self {
        self.places.push((name, shape_of::<T>()));
        self
    }

    #[must_use]
    pub fn query<T: JsonSchema>(mut self) -> Self {
        self.query = Some(T::json_schema);
        self
    }

    /// Takes the version that the caller has read, in `If-Match`.
    #[must_use]
    pub fn versioned(mut self) -> Self {
        self.takes_version = true;
        self
    }

    #[must_use]
    pub fn takes<T: JsonSchema>(mut self) -> Self {
        self.body = Some(Body {
            content: Content::Json(shape_of::<T>()),
            is_required: true,
        });
        self
    }

    /// A file as the body, of any of these kinds.
    #[must_use]
    pub fn takes_file(mut self, kinds: &'static [&'static str]) -> Self {
        self.body = Some(Body {
            content: Content::File(kinds),
            is_required: true,
        });
        self
    }

    /// The body may be left out.
    #[must_use]
    pub fn may_take<T: JsonSchema>(mut self) -> Self {
        self.body = Some(Body {
            content: Content::Json(shape_of::<T>()),
            is_required: false,
        });
        self
    }

    #[must_use]
    pub fn answers<T: JsonSchema>(self, status: StatusCode, words: &'static str) -> Self {
        self.answer(status, words, Some(Content::Json(shape_of::<T>())))
    }

    /// A file, of one of these kinds.
    #[must_use]
    pub fn answers_file(self, kinds: &'static [&'static str], words: &'static str) -> Self {
        self.answer(StatusCode::OK, words, Some(Content::File(kinds)))
    }

    /// The status says everything.
    #[must_use]
    pub fn done(self, words: &'static str) -> Self {
        self.answer(StatusCode::NO_CONTENT, words, None)
    }

    fn answer(mut self, status: StatusCode, words: &'static str, content: Option<Content>) -> Self {
        self.answers.push(Answer {
            status,
            words,
            content,
            headers: Vec::new(),
            next: Vec::new(),
        });
        self
    }

    /// The last answer carries the version of what it shows.
    #[must_use]
    pub fn tagged(self) -> Self {
        self.with(Header::Etag)
    }

    /// The last answer says where to look.
    #[must_use]
    pub fn located(self) -> Self {
        self.with(Header::Location)
    }

    /// The last answer sets or clears the cookies of a session.
    #[must_use]
    pub fn with_cookies(self) -> Self {
        self.with(Header::SetCookie)
    }

    fn with(mut self, header: Header) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.headers.push(header);
        }
        self
    }

    /// What the last answer shows at `pointer` is the parameter of another operation.
    #[must_use]
    pub fn leads_to(
        mut self,
        operation: &'static str,
        parameter: &'static str,
        pointer: &'static str,
    ) -> Self {
        if let Some(answer) = self.answers.last_mut() {
            answer.next.push((operation, parameter, pointer));
        }
        self
    }

    /// What it may answer besides what every operation of its kind may.
    #[must_use]
    pub fn refuses(mut self, problem: Problem) -> Self {
        self.refusals.push(problem);
        self
    }

    /// Nobody need be signed in.
    fn is_open(&self) -> bool {
        self.gate
            .is_some_and(|gate| matches!(gate.need, Need::Nobody(_)))
    }

    /// Every problem that it may answer, by status and code, in words.
    pub fn problems(&self) -> BTreeMap<u16, BTreeMap<&'static str, String>> {
        let mut all: BTreeMap<u16, BTreeMap<&'static str, String>> = BTreeMap::new();
        let mut add = |status: StatusCode, code, words: &str| {
            let codes = all.entry(status.as_u16()).or_default();
            codes.entry(code).or_insert_with(|| words.to_owned());
        };
        for problem in &self.refusals {
            add(problem.status, problem.code, &problem.detail);
        }
        let is_safe = self.method.is_safe();
        for problem in self.gate.iter().flat_map(|gate| gate.problems(is_safe)) {
            add(problem.status, problem.code, &problem.detail);
        }
        if !is_safe {
            let words = "An `Origin` that is not ours came along.";
            add(StatusCode::FORBIDDEN, "wrong_origin", words);
            let words = "There is a session, and `X-CSRF-Token` is missing or another session's.";
            add(StatusCode::FORBIDDEN, "csrf", words);
        }
        if !(is_safe || self.is_open()) {
            let words = "It was changed by somebody else in the same moment, again and again.";
            add(StatusCode::CONFLICT, "changed_meanwhile", words);
        }
        if !self.places.is_empty() {
            let words = "There is no such thing, or it is not yours to see.";
            add(StatusCode::NOT_FOUND, "not_found", words);
        }
        if let Some(Body {
            content: Content::Json(_),
            ..
        }) = self.body
        {
            let words = "The body is no JSON.";
            add(StatusCode::BAD_REQUEST, "not_json", words);
            add(
                StatusCode::BAD_REQUEST,
                "unreadable",
                "The body could not be read.",
            );
            let words = "The body is not said to be `application/json`.";
            add(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", words);
            let words = format!("The body has more than {BODY_BYTES_MAX} bytes.");
            add(StatusCode::PAYLOAD_TOO_LARGE, "too_large", &words);
        }
        if self.body.is_some() || self.query.is_some() {
            let words = "Something cannot be as it was asked for; `errors` says what, and why.";
            add(StatusCode::UNPROCESSABLE_ENTITY, "invalid", words);
        }
        if self.takes_version {
            let words = "`If-Match` is not an `ETag` that was given.";
            add(StatusCode::BAD_REQUEST, "if_match", words);
        }
        if !self.is_fixed {
            let words = "Something we depend on does not answer. Nothing was changed; try again.";
            add(StatusCode::SERVICE_UNAVAILABLE, "unavailable", words);
        }
        all
    }
}
