//! The faces in the demo's pictures, and how a face is drawn.

use tiny_skia::{Path, PathBuilder};

use super::brush::{Brush, Hex, darker, lighter};
use super::{X, Y};

#[derive(Clone, Copy, PartialEq)]
enum Hair {
    Bun,
    Short,
    Receding,
    Fringe,
    Plaits,
}

/// The background of a face. It fills half of the picture; with faces alone, the photo comparison, which sees
/// light and dark, would find them too similar.
#[derive(Clone, Copy, PartialEq)]
enum Behind {
    /// The sky with the sun on the right.
    Sun,
    /// A wall lit from the left.
    Wall,
    /// The sky with the sun on the left, and a tree.
    Tree,
}

/// What distinguishes one face from another.
pub(super) struct Face {
    behind: Behind,
    sky: (Hex, Hex),
    skin: Hex,
    shade: Hex,
    hair: Hex,
    style: Hair,
    coat: Hex,
    collar: Hex,
    /// Half the width and half the height of the head.
    head: (f32, f32),
    /// Half the width of the shoulders.
    shoulders: f32,
    wrinkles: bool,
    glasses: bool,
    hood: bool,
}

pub(super) const GRANDMOTHER: Face = Face {
    behind: Behind::Sun,
    sky: (0xDCE7EA, 0xB9CBC4),
    skin: 0xEEC8A8,
    shade: 0xD9A98A,
    hair: 0xB9BCC2,
    style: Hair::Bun,
    coat: 0x6C4A7E,
    collar: 0xF1E9F4,
    head: (178.0, 222.0),
    shoulders: 350.0,
    wrinkles: true,
    glasses: false,
    hood: false,
};
pub(super) const GRANDFATHER: Face = Face {
    behind: Behind::Sun,
    sky: (0xE9E2D3, 0xCDBFA4),
    skin: 0xE5BA96,
    shade: 0xCC9A77,
    hair: 0xD5D7DA,
    style: Hair::Receding,
    coat: 0x2D3F5C,
    collar: 0xE4E7EC,
    head: (182.0, 232.0),
    shoulders: 385.0,
    wrinkles: true,
    glasses: true,
    hood: false,
};
pub(super) const BOY: Face = Face {
    behind: Behind::Tree,
    sky: (0xCFE6F5, 0xA7D0B8),
    skin: 0xF3CFAF,
    shade: 0xE0AE8C,
    hair: 0x2A2321,
    style: Hair::Fringe,
    coat: 0xC9342F,
    collar: 0xF5F1EA,
    head: (186.0, 206.0),
    shoulders: 300.0,
    wrinkles: false,
    glasses: false,
    hood: true,
};
pub(super) const GIRL: Face = Face {
    behind: Behind::Sun,
    sky: (0xF6E4DA, 0xE7C7BE),
    skin: 0xF5D3B6,
    shade: 0xE2B293,
    hair: 0x3A2A24,
    style: Hair::Plaits,
    coat: 0xE9B53B,
    collar: 0xFFF8E6,
    head: (180.0, 206.0),
    shoulders: 300.0,
    wrinkles: false,
    glasses: false,
    hood: false,
};
pub(super) const MAN: Face = Face {
    behind: Behind::Wall,
    sky: (0xDDE3EA, 0xAEBBC8),
    skin: 0xE3B48E,
    shade: 0xC99570,
    hair: 0x26221F,
    style: Hair::Short,
    coat: 0x3F6B4F,
    collar: 0xE9ECE7,
    head: (184.0, 232.0),
    shoulders: 395.0,
    wrinkles: false,
    glasses: false,
    hood: false,
};

pub(super) fn person(brush: &mut Brush, face: &Face) {
    let (w, h) = face.head;
    behind(brush, face);
    hair_behind(brush, face);
    body(brush, face);
    // neck, with the chin's shadow on it
    brush.rounded(X - 74.0, Y + h * 0.55, 148.0, 250.0, 70.0, face.shade);
    brush.rounded(X - 74.0, Y + h * 0.55 + 92.0, 148.0, 158.0, 70.0, face.skin);
    for side in [-1.0, 1.0] {
        brush.oval(X + side * w, Y + 14.0, 34.0, 50.0, face.shade);
        brush.oval(X + side * (w - 6.0), Y + 14.0, 26.0, 40.0, face.skin);
    }
    brush.fill(&head(w, h), Brush::flat(face.skin));
    features(brush, face);
    hair_before(brush, face);
}

fn behind(brush: &mut Brush, face: &Face) {
    let (light, dark) = face.sky;
    match face.behind {
        Behind::Wall => brush.wall(lighter(light), darker(dark)),
        Behind::Sun | Behind::Tree => brush.background(light, dark),
    }
    match face.behind {
        Behind::Wall => {}
        Behind::Sun => brush.oval(X + 250.0, 260.0, 330.0, 330.0, lighter(light)),
        Behind::Tree => {
            brush.oval(X - 250.0, 260.0, 330.0, 330.0, lighter(light));
            brush.rounded(792.0, 560.0, 56.0, 660.0, 20.0, 0x6B4F3A);
            brush.oval(820.0, 380.0, 150.0, 320.0, 0x3F7A55);
        }
    }
}

fn head(w: f32, h: f32) -> Path {
    Brush::path(|p| {
        p.move_to(X, Y - h);
        p.cubic_to(X + w * 0.72, Y - h, X + w, Y - h * 0.62, X + w, Y - h * 0.05);
        p.cubic_to(X + w, Y + h * 0.55, X + w * 0.55, Y + h, X, Y + h);
        p.cubic_to(X - w * 0.55, Y + h, X - w, Y + h * 0.55, X - w, Y - h * 0.05);
        p.cubic_to(X - w, Y - h * 0.62, X - w * 0.72, Y - h, X, Y - h);
    })
}

fn body(brush: &mut Brush, face: &Face) {
    let s = face.shoulders;
    let top = Y + face.head.1 + 66.0;
    if face.hood {
        brush.oval(X, top + 36.0, 232.0, 118.0, darker(face.coat));
    }
    let coat = Brush::path(|p| {
        p.move_to(X - 92.0, top);
        p.cubic_to(X - 200.0, top + 40.0, X - s, top + 50.0, X - s - 20.0, 1210.0);
        p.line_to(X + s + 20.0, 1210.0);
        p.cubic_to(X + s, top + 50.0, X + 200.0, top + 40.0, X + 92.0, top);
        p.close();
    });
    brush.fill(&coat, Brush::fade(lighter(face.coat), darker(face.coat), top, 1300.0));
    // the shirt between the lapels
    let shirt = Brush::path(|p| {
        p.move_to(X - 96.0, top - 6.0);
        p.quad_to(X - 60.0, top + 130.0, X, top + 230.0);
        p.quad_to(X + 60.0, top + 130.0, X + 96.0, top - 6.0);
        p.close();
    });
    brush.fill(&shirt, Brush::flat(face.collar));
    brush.line(&[(X, top + 230.0), (X, 1200.0)], 7.0, darker(face.coat));
    for side in [-1.0, 1.0] {
        let arm = X + side * s * 0.68;
        brush.line(&[(arm, 1040.0), (arm - side * 14.0, 1200.0)], 7.0, darker(face.coat));
    }
}

fn features(brush: &mut Brush, face: &Face) {
    let (w, h) = face.head;
    let (eye_x, eye_y) = (w * 0.43, Y - h * 0.02);
    let brow = if face.wrinkles { darker(face.hair) } else { face.hair };
    for side in [-1.0, 1.0] {
        let x = X + side * eye_x;
        brush.blush(X + side * w * 0.56, Y + h * 0.36, 44.0);
        brush.oval(x, eye_y, 27.0, 17.0, 0xFFFDFA);
        brush.oval(x, eye_y, 15.5, 16.5, 0x3A2A22);
        brush.oval(x + 5.0, eye_y - 6.0, 4.5, 4.5, 0xFFFFFF);
        brush.curve((x - 30.0, eye_y - 3.0), (x, eye_y - 25.0), (x + 30.0, eye_y - 3.0), 6.0, 0x4A352B);
        let (inner, outer) = (x - side * 36.0, x + side * 38.0);
        brush.curve((inner, eye_y - 46.0), (x, eye_y - 66.0), (outer, eye_y - 44.0), 10.0, brow);
    }
    brush.curve((X - 6.0, Y + 10.0), (X - 34.0, Y + h * 0.34), (X + 14.0, Y + h * 0.34), 7.0, face.shade);
    let mouth = Y + h * 0.60;
    let smile = Brush::path(|p| {
        p.move_to(X - 58.0, mouth - 10.0);
        p.quad_to(X, mouth + 8.0, X + 58.0, mouth - 10.0);
        p.quad_to(X, mouth + 52.0, X - 58.0, mouth - 10.0);
    });
    brush.fill(&smile, Brush::flat(0xB4524A));
    brush.curve((X - 62.0, mouth - 12.0), (X, mouth + 12.0), (X + 62.0, mouth - 12.0), 5.0, 0x8C3B36);
    if face.wrinkles {
        wrinkles(brush, face);
    }
    if face.glasses {
        for side in [-1.0, 1.0] {
            brush.ring(X + side * eye_x, eye_y + 2.0, 56.0, 8.0, 0x3B3B40);
            brush.line(
                &[(X + side * (eye_x + 56.0), eye_y - 6.0), (X + side * w, eye_y - 12.0)],
                7.0,
                0x3B3B40,
            );
        }
        brush.curve((X - eye_x + 56.0, eye_y), (X, eye_y - 16.0), (X + eye_x - 56.0, eye_y), 7.0, 0x3B3B40);
    }
}

fn wrinkles(brush: &mut Brush, face: &Face) {
    let (w, h) = face.head;
    for side in [-1.0, 1.0] {
        let at = |x: f32, y: f32| (X + side * w * x, Y + h * y);
        brush.curve(at(0.25, 0.30), at(0.47, 0.44), at(0.43, 0.66), 4.5, face.shade);
        brush.curve(at(0.27, 0.12), at(0.43, 0.19), at(0.58, 0.11), 4.0, face.shade);
        brush.curve(at(0.70, -0.03), at(0.79, -0.05), at(0.86, -0.10), 4.0, face.shade);
        brush.curve(at(0.70, 0.02), at(0.79, 0.04), at(0.86, 0.04), 4.0, face.shade);
    }
    for y in [-0.50, -0.41] {
        brush.curve(
            (X - w * 0.4, Y + h * y),
            (X, Y + h * (y - 0.04)),
            (X + w * 0.4, Y + h * y),
            4.0,
            face.shade,
        );
    }
}

fn hair_behind(brush: &mut Brush, face: &Face) {
    let (w, h) = face.head;
    let dark = darker(face.hair);
    match face.style {
        Hair::Bun => {
            brush.oval(X, Y - h - 62.0, 92.0, 78.0, dark);
            brush.oval(X, Y - h * 0.30, w + 38.0, h * 0.92, face.hair);
        }
        Hair::Plaits => {
            brush.oval(X, Y - h * 0.25, w + 36.0, h * 0.98, face.hair);
            for side in [-1.0, 1.0] {
                for (index, y) in [150.0, 225.0, 300.0, 370.0].into_iter().enumerate() {
                    let narrow = 50.0 - index as f32 * 5.0;
                    let colour = if index % 2 == 0 { face.hair } else { lighter(face.hair) };
                    brush.oval(X + side * (w + 24.0), Y + y, narrow, 52.0, colour);
                }
                brush.oval(X + side * (w + 24.0), Y + 414.0, 24.0, 18.0, 0xD2433F);
                brush.oval(X + side * (w + 24.0), Y + 448.0, 26.0, 36.0, face.hair);
            }
        }
        Hair::Short | Hair::Fringe => brush.oval(X, Y - h * 0.30, w + 20.0, h * 0.86, dark),
        Hair::Receding => brush.oval(X, Y - h * 0.12, w + 20.0, h * 0.56, face.hair),
    }
}

fn hair_before(brush: &mut Brush, face: &Face) {
    let (w, h) = face.head;
    let (left, right, top) = (X - w - 10.0, X + w + 10.0, Y - h - 34.0);
    // Every cap of hair follows the skull; only the line on the forehead differs.
    let cap = |forehead: &dyn Fn(&mut PathBuilder)| {
        Brush::path(|p| {
            p.move_to(left, Y - h * 0.02);
            p.cubic_to(left - 16.0, top + 60.0, X - w * 0.7, top, X, top);
            p.cubic_to(X + w * 0.7, top, right + 16.0, top + 60.0, right, Y - h * 0.02);
            forehead(p);
            p.close();
        })
    };
    let path = match face.style {
        Hair::Bun => cap(&|p| {
            p.cubic_to(right - 12.0, Y - h * 0.42, X + w * 0.5, Y - h * 0.64, X, Y - h * 0.76);
            p.cubic_to(X - w * 0.5, Y - h * 0.64, left + 12.0, Y - h * 0.42, left, Y - h * 0.02);
        }),
        Hair::Plaits => cap(&|p| {
            p.cubic_to(right - 8.0, Y - h * 0.36, X + w * 0.6, Y - h * 0.40, X + 10.0, Y - h * 0.80);
            p.cubic_to(X - w * 0.6, Y - h * 0.40, left + 8.0, Y - h * 0.36, left, Y - h * 0.02);
        }),
        Hair::Fringe => cap(&|p| {
            p.line_to(right - 22.0, Y - h * 0.30);
            p.quad_to(X + w * 0.72, Y - h * 0.50, X + w * 0.5, Y - h * 0.36);
            p.quad_to(X + w * 0.3, Y - h * 0.52, X + w * 0.1, Y - h * 0.36);
            p.quad_to(X - w * 0.1, Y - h * 0.52, X - w * 0.32, Y - h * 0.36);
            p.quad_to(X - w * 0.55, Y - h * 0.52, left + 24.0, Y - h * 0.28);
        }),
        Hair::Short => cap(&|p| {
            p.line_to(right - 18.0, Y - h * 0.34);
            p.cubic_to(X + w * 0.7, Y - h * 0.68, X + w * 0.1, Y - h * 0.56, X - w * 0.35, Y - h * 0.66);
            p.quad_to(X - w * 0.8, Y - h * 0.62, left + 18.0, Y - h * 0.30);
        }),
        Hair::Receding => {
            for side in [-1.0, 1.0] {
                brush.oval(X + side * (w - 4.0), Y - h * 0.34, 32.0, 92.0, face.hair);
            }
            return;
        }
    };
    brush.fill(&path, Brush::fade(lighter(face.hair), face.hair, top, Y));
    if face.style == Hair::Bun {
        for shift in [-0.5_f32, -0.18, 0.18, 0.5] {
            let (from, to) = ((X + w * shift * 0.3, top + 14.0), (X + w * shift * 1.5, Y - h * 0.56));
            brush.curve(from, (X + w * shift * 1.1, top + 50.0), to, 4.0, darker(face.hair));
        }
    }
}
