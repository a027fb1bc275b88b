//! The crypto behind `jsonwebtoken`, by ring, so that no second crypto provider is linked: Ed25519 for our own sessions,
//! RS256 for Google's proofs and for ours to Google.

use jsonwebtoken::{
    Algorithm, DecodingKey, DecodingKeyKind, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result},
};
use ring::{
    rand::SystemRandom,
    signature::{
        ED25519, Ed25519KeyPair, KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair,
        RsaPublicKeyComponents, UnparsedPublicKey,
    },
};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use signature::{Error, Signer, Verifier};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

fn install() {
    // A second installation finds the first, which is the same.
    let _ = PROVIDER.install_default();
}

/// A key pair from 32 secret bytes.
pub(crate) struct SessionKeys {
    pub(crate) signing: EncodingKey,
    pub(crate) verifying: DecodingKey,
}

impl SessionKeys {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        install();
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("a seed has 32 bytes");
        Self {
            // The library calls it DER and hands it through; ours is the bare seed.
            signing: EncodingKey::from_ed_der(seed),
            verifying: DecodingKey::from_ed_der(pair.public_key().as_ref()),
        }
    }
}

/// What others check our signatures with.
pub(crate) fn session_public_key(seed: &[u8; 32]) -> Vec<u8> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("a seed has 32 bytes");
    pair.public_key().as_ref().to_vec()
}

/// The RSA key of a PEM document as Google hands it out; `None` where it is none that could sign.
pub(crate) fn rsa_signing_key(pem: &str) -> Option<EncodingKey> {
    install();
    let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).ok()?;
    let der = der.secret_pkcs8_der();
    RsaKeyPair::from_pkcs8(der).ok()?;
    Some(EncodingKey::from_rsa_der(der))
}

/// The public key of these components, as a JSON Web Key has them.
pub(crate) fn rsa_verifying_key(modulus: &str, exponent: &str) -> Option<DecodingKey> {
    install();
    DecodingKey::from_rsa_components(modulus, exponent).ok()
}

struct Ed25519Signer(Ed25519KeyPair);

impl Signer<Vec<u8>> for Ed25519Signer {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl JwtSigner for Ed25519Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Ed25519Verifier(UnparsedPublicKey<Vec<u8>>);

impl Verifier<Vec<u8>> for Ed25519Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        self.0.verify(message, signature).map_err(|_| Error::new())
    }
}

impl JwtVerifier for Ed25519Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

struct Rs256Signer(RsaKeyPair);

impl Signer<Vec<u8>> for Rs256Signer {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, Error> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                message,
                &mut signature,
            )
            .map_err(|_| Error::new())?;
        Ok(signature)
    }
}

impl JwtSigner for Rs256Signer {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

struct Rs256Verifier(RsaPublicKeyComponents<Vec<u8>>);

impl Verifier<Vec<u8>> for Rs256Verifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), Error> {
        self.0
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            .map_err(|_| Error::new())
    }
}

impl JwtVerifier for Rs256Verifier {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the library's signature")]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    if *algorithm == Algorithm::EdDSA {
        let pair = Ed25519KeyPair::from_seed_unchecked(key.as_bytes());
        let pair = pair.map_err(|_| ErrorKind::InvalidKeyFormat)?;
        Ok(Box::new(Ed25519Signer(pair)))
    } else if *algorithm == Algorithm::RS256 {
        let pair = RsaKeyPair::from_pkcs8(key.as_bytes());
        let pair = pair.map_err(|_| ErrorKind::InvalidKeyFormat)?;
        Ok(Box::new(Rs256Signer(pair)))
    } else {
        Err(ErrorKind::InvalidAlgorithm.into())
    }
}

/// The key must be of the algorithm's own kind: a header cannot have one read as the other.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the library's signature")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    match key.kind() {
        DecodingKeyKind::SecretOrDer(key) if *algorithm == Algorithm::EdDSA => Ok(Box::new(
            Ed25519Verifier(UnparsedPublicKey::new(&ED25519, key.clone())),
        )),
        DecodingKeyKind::RsaModulusExponent { n, e } if *algorithm == Algorithm::RS256 => {
            let (n, e) = (n.clone(), e.clone());
            Ok(Box::new(Rs256Verifier(RsaPublicKeyComponents { n, e })))
        }
        DecodingKeyKind::SecretOrDer(_) | DecodingKeyKind::RsaModulusExponent { .. } => {
            Err(ErrorKind::InvalidAlgorithm.into())
        }
    }
}
