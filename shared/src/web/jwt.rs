//! The crypto behind `jsonwebtoken`: Ed25519 by ring, so that no second crypto provider is linked.

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{ErrorKind, Result},
};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use signature::{Error, Signer, Verifier};

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

/// A key pair from 32 secret bytes.
pub(super) struct SessionKeys {
    pub(super) signing: EncodingKey,
    pub(super) verifying: DecodingKey,
}

impl SessionKeys {
    pub(super) fn from_seed(seed: &[u8; 32]) -> Self {
        // A second installation finds the first, which is the same.
        let _ = PROVIDER.install_default();
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).expect("a seed has 32 bytes");
        Self {
            // The library calls it DER and hands it through; ours is the bare seed.
            signing: EncodingKey::from_ed_der(seed),
            verifying: DecodingKey::from_ed_der(pair.public_key().as_ref()),
        }
    }
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the library's signature")]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    if *algorithm != Algorithm::EdDSA {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let pair = Ed25519KeyPair::from_seed_unchecked(key.as_bytes());
    Ok(Box::new(Ed25519Signer(
        pair.map_err(|_| ErrorKind::InvalidKeyFormat)?,
    )))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the library's signature")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    if *algorithm != Algorithm::EdDSA {
        return Err(ErrorKind::InvalidAlgorithm.into());
    }
    let key = UnparsedPublicKey::new(&ED25519, key.try_get_as_bytes()?.to_vec());
    Ok(Box::new(Ed25519Verifier(key)))
}
