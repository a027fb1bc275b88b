//! Keys and what is done with them. One root secret, from which each purpose derives its own key, so that a deployment
//! has one thing to keep and to rotate.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{aead, digest, hkdf, hmac};
use zeroize::Zeroizing;

use crate::ids;

/// Text that must not be printed, logged or serialised.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The one way in; grep for it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What a derived key is for. A key of one purpose is useless for another.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    SessionSigning,
    Csrf,
    ChannelToken,
    Sealing,
}

impl Purpose {
    fn label(self) -> &'static [u8] {
        match self {
            Self::SessionSigning => b"kalends/session-signing/1",
            Self::Csrf => b"kalends/csrf/1",
            Self::ChannelToken => b"kalends/channel-token/1",
            Self::Sealing => b"kalends/sealing/1",
        }
    }
}

const KID_BYTES: usize = 6;

/// The keys of one version of the root secret.
pub struct Keys {
    /// Names this version in tokens, so that old ones stay valid while a rotation is under way.
    pub kid: String,
    root: hkdf::Prk,
}

impl Keys {
    pub fn from_root(root: &Secret) -> Self {
        let root = root.expose().as_bytes();
        let kid = URL_SAFE_NO_PAD.encode(
            &digest::digest(
                &digest::SHA256,
                &[b"kalends/kid/1".as_slice(), root].concat(),
            )
            .as_ref()[..KID_BYTES],
        );
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"kalends/keys/1").extract(root);
        Self { kid, root }
    }

    pub fn derive(&self, purpose: Purpose) -> [u8; 32] {
        let mut key = [0; 32];
        self.root
            .expand(&[purpose.label()], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(&mut key))
            .expect("32 bytes are one block of the hash");
        key
    }

    pub fn mac(&self, purpose: Purpose, parts: &[&str]) -> [u8; 32] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.derive(purpose));
        let mut context = hmac::Context::with_key(&key);
        for part in parts {
            // Lengths first, so that no two lists of parts read alike.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part.as_bytes());
        }
        context
            .sign()
            .as_ref()
            .try_into()
            .expect("an HMAC-SHA256 has 32 bytes")
    }

    /// Encrypts for exactly this `context`: a ciphertext that is moved elsewhere does not open. It begins with the key's id.
    pub fn seal(&self, context: &str, plain: &Secret) -> String {
        let nonce = ids::random::<12>();
        let mut text = plain.expose().as_bytes().to_vec();
        self.sealing_key()
            .seal_in_place_append_tag(
                aead::Nonce::assume_unique_for_key(nonce),
                aead::Aad::from(context.as_bytes()),
                &mut text,
            )
            .expect("a token is far below the cipher's limit");
        let text = URL_SAFE_NO_PAD.encode([nonce.as_slice(), &text].concat());
        format!("{}.{text}", self.kid)
    }

    /// `None`: it was changed, belongs to something else, or was sealed with another key.
    pub fn open(&self, context: &str, sealed: &str) -> Option<Secret> {
        let (_, text) = sealed.split_once('.').filter(|(kid, _)| *kid == self.kid)?;
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, text) = bytes.split_at_checked(12)?;
        let nonce = aead::Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = Zeroizing::new(text.to_vec());
        let plain = self
            .sealing_key()
            .open_in_place(nonce, aead::Aad::from(context.as_bytes()), &mut text)
            .ok()?;
        String::from_utf8(plain.to_vec()).map(Secret::new).ok()
    }

    fn sealing_key(&self) -> aead::LessSafeKey {
        let key = aead::UnboundKey::new(&aead::AES_256_GCM, &self.derive(Purpose::Sealing));
        aead::LessSafeKey::new(key.expect("the derived key has the cipher's length"))
    }
}

/// A lookup key for something that must not be stored itself: 256-bit random values need no salt.
pub fn fingerprint(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_ref()))
}

/// Whether a text has the form of the id of keys; not whether there are any.
pub fn is_kid(text: &str) -> bool {
    let in_base64 = |c: u8| c.is_ascii_alphanumeric() || b"-_".contains(&c);
    text.len() == KID_BYTES / 3 * 4 && text.bytes().all(in_base64)
}

/// Compares in constant time.
pub fn same(left: &[u8], right: &[u8]) -> bool {
    subtle::ConstantTimeEq::ct_eq(left, right).into()
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.kid)
    }
}
