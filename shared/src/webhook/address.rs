//! The way to customers' addresses, and nowhere else. A name says nothing: what counts is the address that is connected
//! to, so names are resolved here, and what is not public is left out.

use std::{
    error::Error,
    fmt,
    net::{IpAddr, SocketAddr, ToSocketAddrs as _},
    time::Duration,
};

use domain::webhook::{Webhook, is_public};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

const CONNECTS_WITHIN: Duration = Duration::from_secs(5);
/// From the first byte of the request to the last that is read of the answer.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Why an address cannot be a webhook's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    #[error("Write an address, such as https://example.com/hooks.")]
    NoUrl,
    #[error("At most {} bytes.", Webhook::URL_BYTES_MAX)]
    TooLong,
    #[error("Only https will do.")]
    NotHttps,
    #[error("Leave out the name and password; the signature proves who calls.")]
    Credentials,
    #[error("Choose an address on the public internet.")]
    NotPublic,
}

/// What can be said of an address before it is called. `local`: this machine may be called, without TLS too.
pub fn check(text: &str, local: bool) -> Result<Url, BadAddress> {
    if text.len() > Webhook::URL_BYTES_MAX {
        return Err(BadAddress::TooLong);
    }
    let url: Url = text.parse().map_err(|_| BadAddress::NoUrl)?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(BadAddress::NotHttps);
    }
    let is_here = match url.host() {
        None => return Err(BadAddress::NoUrl),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => is_here_or_public(address.into())?,
        Some(Host::Ipv6(address)) => is_here_or_public(address.into())?,
    };
    if is_here && !local {
        return Err(BadAddress::NotPublic);
    }
    if url.scheme() == "http" && !is_here {
        return Err(BadAddress::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(BadAddress::Credentials);
    }
    Ok(url)
}

fn is_here_or_public(address: IpAddr) -> Result<bool, BadAddress> {
    let is_here = address.is_loopback();
    if is_here || is_public(address) {
        Ok(is_here)
    } else {
        Err(BadAddress::NotPublic)
    }
}

/// None of a name's addresses may be called.
#[derive(Debug)]
pub(super) struct NotPublic;

impl fmt::Display for NotPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name leads to no public address")
    }
}

impl Error for NotPublic {}

struct PublicOnly {
    local: bool,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let local = self.local;
        Box::pin(async move {
            let look = move || (name.as_str(), 0).to_socket_addrs();
            let found = tokio::task::spawn_blocking(look).await??;
            let may_be_called =
                |to: &SocketAddr| is_public(to.ip()) || local && to.ip().is_loopback();
            let public: Vec<SocketAddr> = found.filter(may_be_called).collect();
            if public.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// A client that follows nothing, and connects to nothing that is not public.
pub fn client(local: bool) -> Result<reqwest::Client, reqwest::Error> {
    crate::providers::client_builder()
        .connect_timeout(CONNECTS_WITHIN)
        .timeout(ANSWERS_WITHIN)
        .dns_resolver(PublicOnly { local })
        .build()
}
