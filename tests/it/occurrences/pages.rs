//! The same for people: the week leads to an occurrence, and its page asks which ones are meant.

use tests::person::Answer;

use super::{FIRST, FOURTH, SECOND, Series, THIRD};

impl Series {
    fn page(&self, original: &str) -> String {
        format!("/schedule/{}?occurrence={original}", self.id)
    }

    async fn read(&self, path: &str) -> String {
        let page = self.mia.person.get(path).await.unwrap();
        page.expect(200).unwrap().text
    }

    /// The form of the occurrence as its page fills it, with `changes`.
    async fn save(&self, original: &str, scope: &str, changes: &[(&str, &str)]) -> Answer {
        let page = self.read(&self.page(original)).await;
        let names = [
            "version",
            "title",
            "start_date",
            "start_time",
            "end_date",
            "end_time",
            "zone",
            "location",
        ];
        let filled: Vec<(&str, String)> = names
            .into_iter()
            .map(|name| (name, value(&page, name)))
            .collect();
        let mut fields: Vec<(&str, &str)> = filled
            .iter()
            .filter(|(name, _)| !changes.iter().any(|(other, _)| other == name))
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        fields.extend([
            ("occurrence", original),
            ("scope", scope),
            ("repeat", "keep"),
        ]);
        fields.extend(changes);
        let path = format!("/schedule/{}", self.id);
        self.mia.person.submit(&path, &fields).await.unwrap()
    }
}

/// What stands in a field of the first form that has it.
fn value(page: &str, name: &str) -> String {
    let from = page.find(&format!("name=\"{name}\"")).unwrap();
    let tag = &page[from..];
    let (_, rest) = tag.split_once("value=\"").unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn the_week_leads_to_the_occurrence_as_it_takes_place() {
    let series = Series::start().await;
    let saved = series
        .save(
            SECOND,
            "this",
            &[("title", "special"), ("start_time", "10:30")],
        )
        .await;
    let saved = saved.expect(303).unwrap();
    assert_eq!(saved.header("location"), series.page(SECOND));
    series.mia.settle().await;

    let week = series
        .read("/schedule?week=2027-03-08&zone=Europe/Berlin")
        .await;
    assert!(week.contains(&series.page(SECOND)), "{week}");
    assert!(week.contains("10:30 – 11:00") && week.contains("Differs from its series"));
    let page = series.read(&series.page(SECOND)).await;
    assert_eq!(
        (value(&page, "title"), value(&page, "start_time")),
        ("special".into(), "10:30".into())
    );
    assert!(page.contains("Changed: title, time"), "{page}");
    let whole = series.read(&format!("/schedule/{}", series.id)).await;
    assert!(
        whole.contains(&series.page(SECOND)),
        "the series lists what differs"
    );

    let version = value(&page, "version");
    let back = [("occurrence", SECOND), ("version", version.as_str())];
    let path = format!("/schedule/{}/restore", series.id);
    series
        .mia
        .person
        .submit(&path, &back)
        .await
        .unwrap()
        .expect(303)
        .unwrap();
    let week = series.read("/schedule?week=2027-03-08").await;
    assert!(!week.contains("Differs from its series"));
    assert_eq!(series.shown().await[1], "round 2027-03-08T09:00:00Z");
}

#[tokio::test]
async fn saving_means_this_one_or_those_that_follow_or_all() {
    let series = Series::start().await;
    let name = async |original: &str, scope: &str, title: &str| {
        let saved = series.save(original, scope, &[("title", title)]).await;
        saved.expect(303).unwrap().header("location").to_owned()
    };

    name(SECOND, "this", "one").await;
    name(THIRD, "all", "all").await;
    assert_eq!(titles(&series).await, ["all", "one", "all", "all", "all"]);
    let rest = name(FOURTH, "following", "rest").await;
    assert_ne!(rest, format!("/schedule/{}", series.id));
    assert_eq!(titles(&series).await, ["all", "one", "all", "rest", "rest"]);
    // What is asked of the first and all that follow is asked of all.
    name(FIRST, "following", "first").await;
    let expected = ["first", "one", "first", "rest", "rest"];
    assert_eq!(titles(&series).await, expected);
    assert_eq!(series.mia.entries().await.len(), 2);

    let untouched = series.save(SECOND, "all", &[]).await.expect(303).unwrap();
    assert_eq!(
        untouched.header("location"),
        format!("/schedule/{}", series.id)
    );
    assert_eq!(titles(&series).await, expected);
}

async fn titles(series: &Series) -> Vec<String> {
    let shown = series.shown().await;
    let title = |line: &String| line.split(' ').next().unwrap().to_owned();
    shown.iter().map(title).collect()
}

#[tokio::test]
async fn all_are_moved_as_far_as_the_one_that_was_moved() {
    let series = Series::start().await;
    let tuesday = [
        ("start_date", "2027-03-16"),
        ("end_date", "2027-03-16"),
        ("start_time", "09:00"),
    ];
    series
        .save(THIRD, "all", &tuesday)
        .await
        .expect(303)
        .unwrap();

    let shown = series.shown().await;
    assert_eq!(
        (shown[0].as_str(), shown[4].as_str()),
        ("round 2027-03-02T08:00:00Z", "round 2027-03-30T07:00:00Z")
    );
}

#[tokio::test]
async fn deleting_means_this_one_or_those_that_follow_or_all() {
    let series = Series::start().await;
    let path = format!("/schedule/{}/delete", series.id);
    let asked = series.read(&format!("{path}?occurrence={THIRD}")).await;
    assert!(asked.contains("Only this one") && asked.contains(&format!("value=\"{THIRD}\"")));
    let delete = async |original: &str, scope: &str| {
        let version = series.entry().await["version"].to_string();
        let fields = [
            ("version", version.as_str()),
            ("occurrence", original),
            ("scope", scope),
        ];
        series
            .mia
            .person
            .submit(&path, &fields)
            .await
            .unwrap()
            .expect(303)
            .unwrap()
    };

    delete(SECOND, "this").await;
    assert_eq!(series.shown().await.len(), 4);
    let cancelled = series.read(&series.page(SECOND)).await;
    assert!(
        cancelled.contains("This occurrence is cancelled.")
            && cancelled.contains("Let it take place")
    );
    delete(THIRD, "following").await;
    assert_eq!(series.shown().await, ["round 2027-03-01T09:00:00Z"]);
    delete(FIRST, "all").await;
    series.mia.settle().await;
    assert!(series.mia.calendar.events().await.unwrap().is_empty());
    assert!(series.mia.entries().await.is_empty());
}

#[tokio::test]
async fn what_cannot_be_saved_is_shown_again_with_its_reason() {
    let series = Series::start().await;
    let wrong = [("title", "mine"), ("end_time", "09:00")];

    let again = series
        .save(SECOND, "following", &wrong)
        .await
        .expect(422)
        .unwrap();
    assert!(again.text.contains("The end is before the start."));
    assert_eq!(value(&again.text, "title"), "mine");
    let chosen = again.text.find("value=\"following\" checked");
    assert!(chosen.is_some(), "what was chosen stays chosen");

    series
        .patch(SECOND, &serde_json::json!({ "title": "theirs" }))
        .await
        .expect(200)
        .unwrap();
    let stale = [("title", "mine"), ("version", "1")];
    let again = series
        .save(SECOND, "this", &stale)
        .await
        .expect(409)
        .unwrap();
    assert_eq!(value(&again.text, "title"), "theirs");
    assert!(again.text.contains("You had typed “mine”."));
    assert!(!again.text.contains("“keep”"));

    for page in [series.page("20270309T090000Z"), series.page("tomorrow")] {
        let none = series.mia.person.get(&page).await.unwrap();
        none.expect(404).unwrap();
    }
}
