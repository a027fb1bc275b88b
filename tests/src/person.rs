//! A person at the product: signs in over HTTP, keeps cookies, follows the provider's consent form.

use anyhow::{Context as _, bail};
use domain::connection::Provider;
use reqwest::{Method, RequestBuilder, StatusCode, header};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use url::Url;

use crate::world::{DEMO_PASSWORD, World};

/// One browser or program, with its cookies.
pub struct Person {
    http: reqwest::Client,
    base: Url,
    cookies: Mutex<Vec<(String, String)>>,
    csrf: Mutex<String>,
    pub email: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: header::HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// The value at a JSON pointer, as text.
    pub fn at(&self, pointer: &str) -> String {
        match self.json().pointer(pointer) {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }

    /// Whether the password has to be given again first; a page leads to where it is.
    fn asks_for_password(&self) -> bool {
        self.at("/code") == "confirmation_required"
            || self.header("location").starts_with("/sign-in/confirm")
    }

    /// The body without what names the request: two answers that say the same are the same.
    pub fn said(&self) -> String {
        let request = self.header("x-request-id");
        if request.is_empty() {
            return self.text.clone();
        }
        self.text.replace(request, "<request>")
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The answer, if its status is the one wanted.
    pub fn expect(self, status: u16) -> anyhow::Result<Self> {
        if self.status.as_u16() == status {
            return Ok(self);
        }
        bail!("expected {status}, got {}: {}", self.status, self.text)
    }
}

impl Person {
    /// Somebody whom the product does not know yet.
    pub fn stranger(world: &World) -> anyhow::Result<Self> {
        Ok(Self {
            http: world.people_http.clone(),
            base: world.product_base.clone(),
            cookies: Mutex::default(),
            csrf: Mutex::default(),
            email: String::new(),
        })
    }

    /// A member of the demo, signed in.
    pub async fn sign_in(world: &World, email: &str) -> anyhow::Result<Self> {
        let mut person = Self::stranger(world)?;
        email.clone_into(&mut person.email);
        let login = json!({ "email": email, "password": DEMO_PASSWORD });
        let answer = person
            .post("/api/users/auth/login/", &login)
            .await?
            .expect(200)?;
        *person.csrf.lock().await = answer.at("/csrf_token");
        Ok(person)
    }

    /// Reads as a browser does: where the proof has run out, the refresh cookie is exchanged first.
    pub async fn get(&self, path: &str) -> anyhow::Result<Answer> {
        let answer = self.send(self.request(Method::GET, path).await?).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        self.post("/api/users/auth/refresh/", &json!({}))
            .await?
            .expect(200)?;
        self.send(self.request(Method::GET, path).await?).await
    }

    /// Back after a while: where the proof has run out, the refresh cookie is exchanged.
    pub async fn is_back(&self) -> anyhow::Result<()> {
        let profile = self.get("/api/users/auth/profile/").await?;
        profile.expect(200)?;
        Ok(())
    }

    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.json(Method::POST, path, body).await
    }

    pub async fn json(&self, method: Method, path: &str, body: &Value) -> anyhow::Result<Answer> {
        self.send(self.request(method, path).await?.json(body))
            .await
    }

    pub async fn delete(&self, path: &str) -> anyhow::Result<Answer> {
        self.send(self.request(Method::DELETE, path).await?).await
    }

    /// Submits a form as a page of the product would.
    pub async fn submit(&self, path: &str, fields: &[(&str, &str)]) -> anyhow::Result<Answer> {
        let csrf = self.csrf.lock().await.clone();
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .copied()
            .chain([("csrf_token", csrf.as_str())])
            .collect();
        let request = self.request(Method::POST, path).await?;
        let (client, built) = request.form(&fields).build_split();
        let mut built = built?;
        built.headers_mut().remove("x-csrf-token");
        self.send(RequestBuilder::from_parts(client, built)).await
    }

    /// A request with this person's cookies and proof of origin, to be changed before it is sent.
    pub async fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let url = self.base.join(path)?;
        let mut request = self.http.request(method, url);
        let cookies = self.cookies.lock().await;
        if !cookies.is_empty() {
            let line: Vec<String> = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(header::COOKIE, line.join("; "));
        }
        let csrf = self.csrf.lock().await;
        if !csrf.is_empty() {
            request = request.header("x-csrf-token", csrf.as_str());
        }
        Ok(request)
    }

    /// Sends it, and once more after giving the password where that is asked for.
    pub async fn send(&self, request: RequestBuilder) -> anyhow::Result<Answer> {
        let again = request.try_clone();
        let answer = self.send_once(request).await?;
        match again {
            Some(again) if answer.asks_for_password() => {
                self.confirm(DEMO_PASSWORD).await?.expect(204)?;
                self.send_once(again).await
            }
            Some(_) | None => Ok(answer),
        }
    }

    /// Gives the password again, before what cannot be taken back.
    pub async fn confirm(&self, password: &str) -> anyhow::Result<Answer> {
        let body = json!({ "password": password });
        let request = self
            .request(Method::POST, "/api/users/auth/confirm/")
            .await?;
        self.send_once(request.json(&body)).await
    }

    /// Sends it, and takes the answer as it is.
    pub async fn send_once(&self, request: RequestBuilder) -> anyhow::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut cookies = self.cookies.lock().await;
        for set in headers.get_all(header::SET_COOKIE) {
            let pair = set.to_str()?.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').context("a cookie has a value")?;
            cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        drop(cookies);
        Ok(Answer {
            status,
            headers,
            text: response.text().await?,
        })
    }

    /// Connects the Google account of the same address; answers the connection's id.
    pub async fn connect_google(&self) -> anyhow::Result<String> {
        self.connect(Provider::Google).await
    }

    /// Connects the account of the same address; answers the connection's id.
    pub async fn connect(&self, provider: Provider) -> anyhow::Result<String> {
        self.connect_with(provider, &[]).await
    }

    /// Connects one of several accounts of this person.
    pub async fn connect_account(
        &self,
        provider: Provider,
        account: &str,
    ) -> anyhow::Result<String> {
        self.connect_with(provider, &[("account", account)]).await
    }

    async fn connect_with(
        &self,
        provider: Provider,
        changes: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        let begun = self
            .post("/api/v1/connections", &json!({ "provider": provider }))
            .await?
            .expect(201)?;
        let back = self.consent(&begun.at("/authorize_url"), changes).await?;
        let answer = self.get(&back).await?.expect(303)?;
        let page = answer.header("location").to_owned();
        page.rsplit('/')
            .next()
            .map(str::to_owned)
            .context("the connection's page")
    }

    /// Submits the provider's consent form as it stands, but for `changes`; answers the path that it leads back to.
    pub async fn consent(
        &self,
        authorize_url: &str,
        changes: &[(&str, &str)],
    ) -> anyhow::Result<String> {
        let url: Url = authorize_url.parse()?;
        let page = self.http.get(url.clone()).send().await?;
        anyhow::ensure!(
            page.status().is_success(),
            "consent page: {}",
            page.text().await?
        );
        let page = page.text().await?;
        let target = attribute(&page, "action").context("a form")?;
        let mut fields = form_fields(&page);
        for (name, value) in changes {
            fields.retain(|(known, _)| known != name);
            if !value.is_empty() {
                fields.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
        let answer = self
            .http
            .post(url.join(&target)?)
            .form(&fields)
            .send()
            .await?;
        let location = answer
            .headers()
            .get(header::LOCATION)
            .context("the consent leads back")?;
        let back: Url = location.to_str()?.parse()?;
        Ok(format!(
            "{}?{}",
            back.path(),
            back.query().unwrap_or_default()
        ))
    }
}

/// The default submission of the only form on a page: hidden inputs, ticked boxes, the selected option, first button.
fn form_fields(page: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut select = None;
    for tag in page.split('<').skip(1) {
        let attribute = |name: &str| attribute(tag, name);
        let ticked = tag.contains(" checked");
        let chosen = tag.contains(" selected");
        match tag.split([' ', '>']).next().unwrap_or_default() {
            "input" => {
                let skip = attribute("type").as_deref() == Some("checkbox") && !ticked;
                let pair = attribute("name").zip(attribute("value"));
                fields.extend(pair.filter(|_| !skip));
            }
            "select" => select = attribute("name"),
            "option" if chosen => fields.extend(select.clone().zip(attribute("value"))),
            "button" if attribute("value").as_deref() == Some("allow") => {
                fields.extend(attribute("name").zip(attribute("value")));
            }
            _ => {}
        }
    }
    fields
}

/// The first of that name.
fn attribute(markup: &str, name: &str) -> Option<String> {
    let (_, rest) = markup.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| unescape(value))
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}
