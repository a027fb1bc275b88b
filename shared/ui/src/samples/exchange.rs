//! Export and import.

use super::{Sample, frame};
use crate::components::FieldError;
use crate::pages::exchange::{
    ExportForm, ExportPage, ImportAhead, ImportPage, ImportReportPage, RefusedRow,
};

pub(super) fn samples() -> Vec<Sample> {
    vec![
        ("export", export(Vec::new()).render()),
        (
            "export-refused",
            export(vec![FieldError::new("to", "to must be after from")]).render(),
        ),
        ("import", import(Vec::new()).render()),
        (
            "import-refused",
            import(vec![FieldError::new("file", "Choose a file.")]).render(),
        ),
        ("import-preview", report(Some(ahead(false))).render()),
        ("import-held-up", report(Some(ahead(true))).render()),
        ("imported", report(None).render()),
    ]
}

fn export(errors: Vec<FieldError>) -> ExportPage {
    ExportPage {
        frame: frame(),
        typed: ExportForm {
            format: "ics".to_owned(),
            from: "2027-01-01".to_owned(),
            to: "2027-12-31".to_owned(),
            expand: false,
            bom: false,
        },
        errors,
    }
}

fn import(errors: Vec<FieldError>) -> ImportPage {
    ImportPage {
        frame: frame(),
        update_existing: false,
        all_or_nothing: false,
        errors,
    }
}

fn ahead(all_or_nothing: bool) -> ImportAhead {
    ImportAhead {
        content: "QkVHSU46VkNBTEVOREFS".to_owned(),
        update_existing: true,
        all_or_nothing,
    }
}

fn report(ahead: Option<ImportAhead>) -> ImportReportPage {
    let refused = |line, title: &str, reason: &str| RefusedRow {
        line,
        title: title.to_owned(),
        reason: reason.to_owned(),
    };
    ImportReportPage {
        frame: frame(),
        created: 12,
        updated: 1,
        unchanged: 3,
        refused: vec![
            refused(72, "Pump inspection", "The end is before the start"),
            refused(
                90,
                "Call with Mars",
                "\"Mars/Olympus\" is no time zone that is known",
            ),
        ],
        more_refused: 1,
        remarks: vec!["Line 68: a task is no event, and was left out.".to_owned()],
        ahead,
    }
}
