//! The pages, as a browser without scripts has them.

use super::*;
use crate::support::MIA;
use tests::world::World;

/// Sends a form with a file as browsers do, proof of origin and all in the form.
async fn upload(
    person: &Person,
    page: &str,
    fields: &[(&str, &str)],
    file: Option<&str>,
) -> Answer {
    let (_, rest) = page.split_once("name=\"csrf_token\" value=\"").unwrap();
    let csrf = rest.split('"').next().unwrap();
    let mut body = String::new();
    for (name, value) in [("csrf_token", csrf)].iter().chain(fields) {
        body.extend([format!(
            "--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )]);
    }
    if let Some(file) = file {
        body.extend([format!(
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.ics\"\r\nContent-Type: text/calendar\r\n\r\n{file}\r\n"
        )]);
    }
    body += "--edge--\r\n";
    let request = person.request(Method::POST, "/data/import").await.unwrap();
    let request = request.header(CONTENT_TYPE, "multipart/form-data; boundary=edge");
    let (client, built) = request
        .header("accept", "text/html")
        .body(body)
        .build_split();
    let mut built = built.unwrap();
    built.headers_mut().remove("x-csrf-token");
    let request = reqwest::RequestBuilder::from_parts(client, built);
    person.send(request).await.unwrap()
}

fn shown(page: &str, id: &str) -> String {
    let (_, rest) = page.split_once(&format!("<dd id=\"{id}\">")).unwrap();
    rest.split('<').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_file_is_seen_before_it_is_imported_and_imported_as_it_was_seen() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    let form = mia
        .get("/data/import")
        .await
        .unwrap()
        .expect(200)
        .unwrap()
        .text;
    let broken = ROUND.replace(
        "END:VCALENDAR",
        "BEGIN:VEVENT\r\nSUMMARY:broken\r\nEND:VEVENT\r\nEND:VCALENDAR",
    );

    let preview = upload(&mia, &form, &[], Some(&broken))
        .await
        .expect(200)
        .unwrap()
        .text;
    assert_eq!(
        ["created", "refused"].map(|id| shown(&preview, id)),
        ["1", "1"]
    );
    assert!(preview.contains("It has no DTSTART"), "{preview}");
    let (_, content) = preview.split_once("name=\"content\" value=\"").unwrap();
    let content = content.split('"').next().unwrap();
    assert_eq!(
        counts(&import(&mia, "text/calendar", "dry_run=true", ROUND).await),
        [1, 0, 0, 0]
    );

    let fields = [("content", content), ("confirmed", "on")];
    let done = upload(&mia, &preview, &fields, None)
        .await
        .expect(200)
        .unwrap()
        .text;
    assert_eq!(
        ["created", "refused"].map(|id| shown(&done, id)),
        ["1", "1"]
    );
    assert!(!done.contains("name=\"content\""));
    let again = upload(&mia, &preview, &fields, None)
        .await
        .expect(200)
        .unwrap()
        .text;
    assert_eq!(
        ["created", "unchanged"].map(|id| shown(&again, id)),
        ["0", "1"]
    );

    let held = upload(&mia, &form, &[("all_or_nothing", "on")], Some(&broken)).await;
    assert!(
        held.text.contains("nothing can be imported"),
        "{}",
        held.text
    );
    for (file, words) in [
        (None, "Choose a file."),
        (Some("BEGIN:"), "The file is no calendar"),
    ] {
        let refused = upload(&mia, &form, &[], file).await.expect(422).unwrap();
        assert!(refused.text.contains(words), "{}", refused.text);
    }
    let forged = form.replace(
        "name=\"csrf_token\" value=\"",
        "name=\"csrf_token\" value=\"x",
    );
    upload(&mia, &forged, &[], Some(ROUND))
        .await
        .expect(403)
        .unwrap();
}

#[tokio::test]
async fn a_file_is_downloaded_with_the_days_of_the_form() {
    let world = World::start().await.unwrap();
    let mia = Person::sign_in(&world, MIA).await.unwrap();
    import(&mia, "text/calendar", "", ROUND).await;

    let form = mia.get("/data/export").await.unwrap().expect(200).unwrap();
    assert!(form.text.contains("action=\"/data/export\""));
    let path = "/data/export?download=1&format=csv&from=2027-03-01&to=2027-03-31&expand=on";
    let file = mia.get(path).await.unwrap().expect(200).unwrap();
    assert_eq!(file.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(file.text.lines().count(), 1 + 3, "{}", file.text);
    let wrong = path
        .replace("2027-03-31", "2027-02-01")
        .replace("2027-03-01", "soon");
    let refused = mia.get(&wrong).await.unwrap().expect(422).unwrap();
    assert!(
        refused.text.contains("A date is required"),
        "{}",
        refused.text
    );
}
