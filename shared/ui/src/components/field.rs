//! Inputs with their label, hint and error. The id is the name unless said otherwise.

use maud::{Markup, Render, html};

/// A one-line input.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    id: &'a str,
    name: &'a str,
    label: &'a str,
    kind: &'a str,
    value: &'a str,
    hint: Option<&'a str>,
    error: Option<&'a str>,
    autocomplete: Option<&'a str>,
    suggestions: &'a [String],
    required: bool,
    class: &'a str,
}

impl<'a> Field<'a> {
    pub fn new(id: &'a str, kind: &'a str, label: &'a str) -> Self {
        Self {
            id,
            name: id,
            label,
            kind,
            value: "",
            hint: None,
            error: None,
            autocomplete: None,
            suggestions: &[],
            required: false,
            class: "",
        }
    }

    #[must_use]
    pub fn name(self, name: &'a str) -> Self {
        Self { name, ..self }
    }

    #[must_use]
    pub fn value(self, value: &'a str) -> Self {
        Self { value, ..self }
    }

    #[must_use]
    pub fn hint(self, hint: &'a str) -> Self {
        Self {
            hint: Some(hint),
            ..self
        }
    }

    #[must_use]
    pub fn error(self, error: Option<&'a str>) -> Self {
        Self { error, ..self }
    }

    #[must_use]
    pub fn autocomplete(self, purpose: &'a str) -> Self {
        Self {
            autocomplete: Some(purpose),
            ..self
        }
    }

    /// Offered while typing; anything else may be typed too.
    #[must_use]
    pub fn suggestions(self, suggestions: &'a [String]) -> Self {
        Self {
            suggestions,
            ..self
        }
    }

    #[must_use]
    pub fn required(self) -> Self {
        Self {
            required: true,
            ..self
        }
    }

    #[must_use]
    pub fn class(self, class: &'a str) -> Self {
        Self { class, ..self }
    }
}

impl Render for Field<'_> {
    fn render(&self) -> Markup {
        let list = (!self.suggestions.is_empty()).then(|| format!("{}-suggestions", self.id));
        let input = html! {
            input id=(self.id) name=(self.name) type=(self.kind) value=(self.value) required[self.required]
                autocomplete=[self.autocomplete] list=[list.as_deref()]
                aria-invalid=[self.error.map(|_| "true")] aria-describedby=[described_by(self.id, self.hint, self.error)];
            @if let Some(list) = &list {
                datalist id=(list) { @for value in self.suggestions { option value=(value); } }
            }
        };
        framed(
            self.id, self.label, self.hint, self.error, self.class, &input,
        )
    }
}

/// Several lines of text.
#[derive(Clone, Debug)]
pub struct Textarea<'a> {
    pub id: &'a str,
    pub label: &'a str,
    pub value: &'a str,
    pub hint: Option<&'a str>,
    pub error: Option<&'a str>,
}

impl Render for Textarea<'_> {
    fn render(&self) -> Markup {
        let area = html! {
            textarea id=(self.id) name=(self.id) rows="4" aria-invalid=[self.error.map(|_| "true")]
                // A leading line feed is dropped by the parser, so one is given to keep the member's own.
                aria-describedby=[described_by(self.id, self.hint, self.error)] { "\n" (self.value) }
        };
        framed(self.id, self.label, self.hint, self.error, "", &area)
    }
}

/// One choice of a few. `choices` are values and their words.
#[derive(Clone, Debug)]
pub struct Select<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub label: &'a str,
    pub choices: &'a [(&'a str, &'a str)],
    pub chosen: &'a str,
    pub hint: Option<&'a str>,
    pub error: Option<&'a str>,
    /// The label is heard but not seen, as in a table whose header says it.
    pub quiet: bool,
}

impl<'a> Select<'a> {
    pub fn new(
        id: &'a str,
        label: &'a str,
        choices: &'a [(&'a str, &'a str)],
        chosen: &'a str,
    ) -> Self {
        Self {
            id,
            name: id,
            label,
            choices,
            chosen,
            hint: None,
            error: None,
            quiet: false,
        }
    }
}

impl Render for Select<'_> {
    fn render(&self) -> Markup {
        let select = html! {
            select id=(self.id) name=(self.name) aria-invalid=[self.error.map(|_| "true")]
                aria-describedby=[described_by(self.id, self.hint, self.error)] {
                @for (value, words) in self.choices {
                    option value=(value) selected[*value == self.chosen] { (words) }
                }
            }
        };
        framed(
            self.id,
            self.label,
            self.hint,
            self.error,
            if self.quiet { "quiet-label" } else { "" },
            &select,
        )
    }
}

#[derive(Clone, Debug)]
pub struct Checkbox<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub label: &'a str,
    pub checked: bool,
    pub hint: Option<&'a str>,
}

impl Render for Checkbox<'_> {
    fn render(&self) -> Markup {
        html! {
            div.check {
                input id=(self.id) name=(self.name) type="checkbox" value="on" checked[self.checked]
                    aria-describedby=[described_by(self.id, self.hint, None)];
                label for=(self.id) { (self.label) }
                @if let Some(hint) = self.hint { p.hint id={ (self.id) "-hint" } { (hint) } }
            }
        }
    }
}

/// One choice of a few that are all in sight. `choices` are values and their words; ids are made of `id` and the value.
#[derive(Clone, Debug)]
pub struct Radios<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub legend: &'a str,
    pub choices: &'a [(&'a str, &'a str)],
    pub chosen: &'a str,
}

impl Render for Radios<'_> {
    fn render(&self) -> Markup {
        html! {
            fieldset.field id=(self.id) {
                legend.label { (self.legend) }
                @for (value, words) in self.choices {
                    @let id = format!("{}-{value}", self.id);
                    div.check {
                        input id=(id) name=(self.name) type="radio" value=(value) checked[*value == self.chosen];
                        label for=(id) { (words) }
                    }
                }
            }
        }
    }
}

/// One of several values of `name`, of which one is to be chosen.
#[derive(Clone, Debug)]
pub struct Radio<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub value: &'a str,
    pub label: Markup,
    pub checked: bool,
}

impl Render for Radio<'_> {
    fn render(&self) -> Markup {
        html! {
            div.check {
                input id=(self.id) name=(self.name) type="radio" value=(self.value) required
                    checked[self.checked];
                label for=(self.id) { (self.label) }
            }
        }
    }
}

fn framed(
    id: &str,
    label: &str,
    hint: Option<&str>,
    error: Option<&str>,
    class: &str,
    control: &Markup,
) -> Markup {
    let class = ["field", class].join(" ");
    html! {
        div class=(class.trim_end()) {
            label for=(id) { (label) }
            (control)
            @if let Some(hint) = hint { p.hint id={ (id) "-hint" } { (hint) } }
            @if let Some(error) = error {
                p.field-error id={ (id) "-error" } { (crate::icons::icon(crate::icons::Icon::Error)) (error) }
            }
        }
    }
}

fn described_by(id: &str, hint: Option<&str>, error: Option<&str>) -> Option<String> {
    let parts: Vec<String> = [
        hint.map(|_| format!("{id}-hint")),
        error.map(|_| format!("{id}-error")),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}
