//! Draws a second factor as a QR code that an authenticator scans from the terminal.

use fast_qr::{ECL, QRBuilder};

/// White modules around the code, as ISO/IEC 18004 requires.
const QUIET: usize = 4;
/// Black on white, whatever the terminal's colours: some authenticators cannot read light on dark.
const COLOURS: &str = "\x1b[30;107m";
const NO_COLOURS: &str = "\x1b[0m";

/// The code in half blocks, two modules per character cell; `None` where the text is too long for a QR code.
pub fn drawn(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).ecl(ECL::L).build().ok()?;
    let side = code.size + 2 * QUIET;
    let is_dark = |row: usize, column: usize| {
        let inside = QUIET..QUIET + code.size;
        inside.contains(&row) && inside.contains(&column) && code[row - QUIET][column - QUIET].value()
    };
    let line = |row: usize| -> String {
        let letter = |column| match (is_dark(row, column), is_dark(row + 1, column)) {
            (true, true) => '█',
            (true, false) => '▀',
            (false, true) => '▄',
            (false, false) => ' ',
        };
        format!("{COLOURS}{}{NO_COLOURS}\n", (0..side).map(letter).collect::<String>())
    };
    Some((0..side).step_by(2).map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::people::MAX_NAME_CHARS;
    use crate::accounts::second_factor::SecondFactor;

    /// What a camera in front of the terminal would read.
    fn scanned(drawn: &str) -> String {
        const PIXELS: usize = 4;
        let lines: Vec<Vec<char>> = drawn
            .lines()
            .map(|line| {
                line.strip_prefix(COLOURS).unwrap().strip_suffix(NO_COLOURS).unwrap().chars().collect()
            })
            .collect();
        let (width, height) = (lines[0].len() * PIXELS, lines.len() * 2 * PIXELS);
        let mut seen = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
            let (letter, lower) = (lines[y / PIXELS / 2][x / PIXELS], (y / PIXELS) % 2 == 1);
            let dark = letter == '█' || letter == if lower { '▄' } else { '▀' };
            if dark { 0 } else { 255 }
        });
        seen.detect_grids()[0].decode().unwrap().1
    }

    #[test]
    fn the_factor_is_scanned_whatever_the_name_is() {
        for name in ["moderator", "林志愿", &"长".repeat(MAX_NAME_CHARS)] {
            let uri = SecondFactor::random().uri(name).unwrap();
            assert_eq!(scanned(&drawn(&uri).unwrap()), uri, "{name}");
        }
    }

    #[test]
    fn what_no_code_can_hold_is_not_drawn() {
        assert_eq!(drawn(&"x".repeat(3_000)), None);
    }
}
