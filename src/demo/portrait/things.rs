//! The things in the demo's pictures.

use super::X;
use super::brush::{Brush, darker, lighter};

pub(super) fn bag(brush: &mut Brush) {
    brush.background(0xF1ECE3, 0xD9CFBF);
    brush.oval(X, 1056.0, 340.0, 44.0, 0xBDB09B);
    let blue = 0x2F5F8F;
    brush.ring(X, 250.0, 84.0, 30.0, darker(blue));
    for side in [-1.0, 1.0] {
        brush.rounded(X + side * 300.0 - 55.0, 560.0, 110.0, 400.0, 55.0, darker(blue));
    }
    let shell = Brush::path(|p| {
        p.move_to(X - 290.0, 980.0);
        p.cubic_to(X - 310.0, 560.0, X - 290.0, 250.0, X, 250.0);
        p.cubic_to(X + 290.0, 250.0, X + 310.0, 560.0, X + 290.0, 980.0);
        p.quad_to(X + 284.0, 1050.0, X + 220.0, 1050.0);
        p.line_to(X - 220.0, 1050.0);
        p.quad_to(X - 284.0, 1050.0, X - 290.0, 980.0);
    });
    brush.fill(&shell, Brush::fade(lighter(blue), darker(blue), 200.0, 1300.0));
    brush.curve((X - 262.0, 560.0), (X, 400.0), (X + 262.0, 560.0), 12.0, 0x1E3D5C);
    brush.rounded(X + 150.0, 470.0, 22.0, 74.0, 11.0, 0xE3C067);
    brush.rounded(X - 212.0, 660.0, 424.0, 320.0, 52.0, lighter(blue));
    brush.rounded(X - 212.0, 660.0, 424.0, 96.0, 48.0, darker(blue));
    brush.rounded(X - 40.0, 726.0, 80.0, 58.0, 16.0, 0xE3C067);
    brush.oval(X - 120.0, 880.0, 44.0, 44.0, 0xF2EFE8);
    brush.oval(X - 120.0, 880.0, 30.0, 30.0, 0xD2433F);
}

pub(super) fn keys(brush: &mut Brush) {
    brush.background(0xE9EEF0, 0xC4CED2);
    brush.oval(X, 1040.0, 320.0, 36.0, 0xACB8BD);
    brush.ring(X, 380.0, 150.0, 26.0, 0x8D9499);
    brush.ring(X - 4.0, 376.0, 150.0, 8.0, 0xC9CFD3);
    for (angle, metal) in [(26.0, 0xB9954A), (-8.0, 0xA7AEB4)] {
        brush.turned(angle, (X, 380.0), |brush| {
            brush.ring(X, 610.0, 78.0, 44.0, metal);
            brush.rounded(X - 24.0, 690.0, 48.0, 330.0, 14.0, metal);
            brush.rounded(X - 6.0, 720.0, 10.0, 290.0, 5.0, darker(metal));
            for (y, long) in [(840.0, 44.0), (900.0, 62.0), (962.0, 40.0)] {
                brush.rounded(X + 10.0, y, long, 36.0, 8.0, metal);
            }
        });
    }
    brush.turned(-44.0, (X, 380.0), |brush| {
        brush.line(&[(X, 520.0), (X, 590.0)], 12.0, 0x8D9499);
        brush.rounded(X - 80.0, 580.0, 160.0, 270.0, 36.0, 0xC6342F);
        brush.rounded(X - 56.0, 660.0, 112.0, 150.0, 18.0, 0xF6EFE6);
        brush.oval(X, 620.0, 16.0, 16.0, 0xF6EFE6);
    });
}
