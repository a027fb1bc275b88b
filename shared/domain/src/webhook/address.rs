//! Which addresses a customer may have us call: those that anybody could. Never our own network, its metadata, or this
//! machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is one of the public internet's, going by IANA's registries of special addresses.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_own = matches!(
        (a, b, c),
        // This network, this machine, the three private ones, and what providers share.
        (0 | 10 | 127, _, _) | (172, 16..=31, _) | (192, 168, _) | (100, 64..=127, _)
        // Link-local; clouds answer with credentials there.
        | (169, 254, _)
    );
    let is_reserved = matches!(
        (a, b, c),
        // Protocols, documentation, relays, benchmarks.
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113) | (198, 18 | 19, _)
        // Groups, and what nobody has yet.
        | (224.., _, _)
    );
    !is_own && !is_reserved
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, ..] = address.segments();
    match (first, second, third) {
        // Addresses of version 4 in other clothes, which a gateway would undress.
        (0x64, 0xff9b, 0) => is_public_v4(last_of(address)),
        (0, 0, 0) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => false,
        },
        (0x2002, high, low) => is_public_v4(of_halves(high, low)),
        // Teredo, benchmarks, ORCHID and other protocols; documentation.
        (0x2001, 0..=0x1ff | 0xdb8, _) | (0x3fff, 0..=0xfff, _) => false,
        (0x2000..=0x3fff, _, _) => true,
        _ => false,
    }
}

fn last_of(address: Ipv6Addr) -> Ipv4Addr {
    let [.., high, low] = address.segments();
    of_halves(high, low)
}

fn of_halves(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}
