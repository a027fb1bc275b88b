//! Finds secrets in texts: whole or in part, as they are or in another spelling.

use std::collections::{BTreeMap, BTreeSet};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// So much of a secret is a leak.
const PART: usize = 24;
/// Any part of that length has a whole block of this in it, wherever it begins.
const BLOCK: usize = 12;

/// What is looked for, and what it is called.
pub(super) struct Search<T> {
    /// Every spelling, with its secret.
    spellings: Vec<(Vec<u8>, T)>,
    /// Where blocks stand: spelling and offset.
    blocks: BTreeMap<[u8; BLOCK], Vec<(usize, usize)>>,
    /// The first bytes of blocks: most of a text is no such.
    begins: Vec<bool>,
    /// Spellings that are shorter than a block.
    short: Vec<usize>,
}

impl<T: Copy + Ord> Search<T> {
    pub(super) fn new(secrets: impl IntoIterator<Item = (Vec<u8>, T)>) -> Self {
        let mut search = Self {
            spellings: Vec::new(),
            blocks: BTreeMap::new(),
            begins: vec![false; 1 << 24],
            short: Vec::new(),
        };
        for (secret, name) in secrets {
            for spelling in spellings(&secret) {
                search.add(spelling, name);
            }
        }
        search
    }

    fn add(&mut self, spelling: Vec<u8>, name: T) {
        let number = self.spellings.len();
        if spelling.len() < BLOCK {
            self.short.push(number);
        }
        for (nth, block) in spelling.chunks_exact(BLOCK).enumerate() {
            let block: [u8; BLOCK] = block.try_into().expect("a whole block");
            self.begins[begin(&block)] = true;
            let at = nth * BLOCK;
            self.blocks.entry(block).or_default().push((number, at));
        }
        self.spellings.push((spelling, name));
    }

    /// The secrets of which a part stands in the text, each with the longest part.
    pub(super) fn find(&self, text: &[u8]) -> BTreeMap<T, String> {
        let mut found: BTreeMap<T, String> = BTreeMap::new();
        let mut note = |name: T, part: &[u8]| {
            let part = String::from_utf8_lossy(part).into_owned();
            let longest = found.entry(name).or_default();
            if part.len() > longest.len() {
                *longest = part;
            }
        };
        for number in &self.short {
            let (spelling, name) = &self.spellings[*number];
            if text.windows(spelling.len()).any(|part| part == spelling) {
                note(*name, spelling);
            }
        }
        for (at, block) in text.windows(BLOCK).enumerate() {
            if !self.begins[begin(block)] {
                continue;
            }
            for (number, offset) in self.blocks.get(block).into_iter().flatten() {
                let (spelling, name) = &self.spellings[*number];
                let part = &text[extent(text, at, spelling, *offset)];
                if part.len() >= PART.min(spelling.len()) {
                    note(*name, part);
                }
            }
        }
        found
    }
}

fn begin(block: &[u8]) -> usize {
    usize::from(block[0]) << 16 | usize::from(block[1]) << 8 | usize::from(block[2])
}

/// How far the text and the spelling are the same around a block that both have.
fn extent(text: &[u8], at: usize, spelling: &[u8], offset: usize) -> std::ops::Range<usize> {
    let before = (text[..at].iter().rev()).zip(spelling[..offset].iter().rev());
    let before = before.take_while(|(one, other)| one == other).count();
    let after = text[at..].iter().zip(&spelling[offset..]);
    let after = after.take_while(|(one, other)| one == other).count();
    at - before..at + after
}

/// As it is, percent-encoded, in base64 wherever it begins in what was encoded, in hex, and as JSON has it.
fn spellings(secret: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::from([secret.to_vec()]);
    let percent = |lower: bool| -> Vec<u8> {
        let one = |byte: &u8| match byte {
            b'-' | b'_' | b'.' | b'~' => char::from(*byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
            byte if lower => format!("%{byte:02x}"),
            byte => format!("%{byte:02X}"),
        };
        secret.iter().map(one).collect::<String>().into_bytes()
    };
    all.extend([percent(true), percent(false)]);
    for skipped in 0..3 {
        let mut bytes = vec![0; skipped];
        bytes.extend(secret);
        for encoded in [
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
        ] {
            // The characters at both ends speak of what stands beside the secret too.
            let first = [0, 2, 3][skipped];
            let last = encoded.len() - usize::from(bytes.len() % 3 != 0);
            all.insert(encoded.as_bytes()[first..last].to_vec());
        }
    }
    let hex = hex(secret);
    all.extend([hex.to_uppercase().into_bytes(), hex.into_bytes()]);
    if let Ok(text) = std::str::from_utf8(secret) {
        let json = serde_json::to_string(text).expect("a text is JSON");
        let json = json[1..json.len() - 1].to_owned();
        all.extend([json.replace('/', "\\/").into_bytes(), json.into_bytes()]);
    }
    all
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    pairs.concat()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKEN: &str = "1//0abcdefghijklmnopqrstuvwxyz0123456789/+ABC\"DEF";

    fn is_found(secret: &[u8], text: &str) -> bool {
        let search = Search::new([(secret.to_vec(), ())]);
        !search.find(text.as_bytes()).is_empty()
    }

    proptest! {
        #[test]
        fn any_twenty_four_characters_of_a_secret_are_found(
            begin in 0..TOKEN.len() - PART, before in "[a-z]{0,40}", after in "[a-z]{0,40}",
        ) {
            let part = &TOKEN[begin..begin + PART];
            let text = [before.as_str(), part, &after].concat();
            prop_assert!(is_found(TOKEN.as_bytes(), &text));
        }

        #[test]
        fn a_secret_is_found_in_any_spelling_wherever_it_stands(
            before in prop::collection::vec(any::<u8>(), 0..9), after in prop::collection::vec(any::<u8>(), 0..9),
        ) {
            let bytes = [before, TOKEN.as_bytes().to_vec(), after].concat();
            let hex = hex(&bytes).to_uppercase();
            let encoded = [
                base64::engine::general_purpose::STANDARD.encode(&bytes),
                URL_SAFE_NO_PAD.encode(&bytes),
                hex,
                url::form_urlencoded::byte_serialize(&bytes).collect(),
            ];
            for text in encoded {
                prop_assert!(is_found(TOKEN.as_bytes(), &text), "{}", text);
            }
        }

        #[test]
        fn what_is_no_part_of_it_is_not_found(text in "[a-zA-Z0-9/+]{0,200}") {
            prop_assert!(!is_found(TOKEN.as_bytes(), &text));
        }
    }

    #[test]
    fn a_short_secret_is_found_as_a_whole_only() {
        for secret in ["hunter2", "a-password-of-19-char"] {
            assert!(is_found(secret.as_bytes(), &format!("({secret})")));
            assert!(!is_found(secret.as_bytes(), &secret[1..]));
        }
    }

    #[test]
    fn twenty_three_characters_are_no_leak_yet() {
        assert!(!is_found(TOKEN.as_bytes(), &TOKEN[5..28]));
    }

    #[test]
    fn a_text_in_json_is_found_however_it_is_escaped() {
        let json = serde_json::to_string(TOKEN).unwrap();
        assert!(is_found(TOKEN.as_bytes(), &json));
        assert!(is_found(TOKEN.as_bytes(), &json.replace('/', "\\/")));
    }
}
