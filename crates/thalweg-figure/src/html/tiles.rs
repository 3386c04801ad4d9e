//! Tiles as a picture inside the file: one pixel each, which the page's style keeps sharp when it is stretched.

use crate::{draw, scene::Tiles};

/// The picture as an address that holds its own data.
pub(super) fn data_address(tiles: &Tiles) -> String {
    let pixels: Vec<u8> = tiles.colours.iter().flat_map(|c| [c.0, c.1, c.2]).collect();
    // Encoding into memory fails for no picture that has a pixel.
    let bytes = draw::encode(&pixels, tiles.columns as u32, tiles.rows() as u32).unwrap_or_default();
    format!("data:image/png;base64,{}", base64(&bytes))
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = (0..3).fold(0u32, |bits, k| bits << 8 | u32::from(group.get(k).copied().unwrap_or(0)));
        for k in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * k)) as usize & 63];
            text.push(if k <= group.len() { digit as char } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_agrees_with_the_vectors_of_rfc_4648() {
        let vectors = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, coded) in vectors {
            assert_eq!(super::base64(plain.as_bytes()), coded);
        }
    }
}
