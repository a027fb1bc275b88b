//! The MD5s that SQS answers with.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};

use super::message::MessageAttribute;

pub(super) fn of_body(body: &str) -> String {
    hex(Md5::new().chain_update(body))
}

/// By name: name, type, one byte for the kind of value, value; each text preceded by its length.
pub(super) fn of_attributes(attributes: &BTreeMap<String, MessageAttribute>) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut md5 = Md5::new();
    let mut part = |bytes: &[u8], kind: Option<u8>| {
        md5.update(kind.as_slice());
        let length = u32::try_from(bytes.len()).expect("a message is under 1 MiB");
        md5.update(length.to_be_bytes());
        md5.update(bytes);
    };
    for (name, attribute) in attributes {
        part(name.as_bytes(), None);
        part(attribute.data_type.as_bytes(), None);
        match (&attribute.string_value, &attribute.binary_value) {
            (Some(text), _) => part(text.as_bytes(), Some(1)),
            (None, Some(binary)) => part(&STANDARD.decode(binary).unwrap_or_default(), Some(2)),
            (None, None) => {}
        }
    }
    Some(hex(md5))
}

fn hex(md5: Md5) -> String {
    let digest: [u8; 16] = md5.finalize().into();
    format!("{:032x}", u128::from_be_bytes(digest))
}
