//! The parts pages are made of. Whatever can be pressed, typed into or opened takes its id first, so none can be without.

mod badge;
mod button;
mod confirm;
mod field;
mod form;
mod moment;
mod sentence;

pub use badge::{Meaning, badge, note};
pub use button::{
    Look, action, back, button, labelled, link, opens, submit, submit_as, submit_unless,
};
pub use confirm::{Confirm, Extra};
pub use field::{Checkbox, Field, Radio, Radios, Select, Textarea};
pub use form::{Csrf, FieldError, error_of, error_summary, post, upload};
pub use moment::{Moment, absolute, exact, relative};
pub use sentence::sentence;
