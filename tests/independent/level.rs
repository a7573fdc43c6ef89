//! How often what goes wrong, by level.
//!
//! `office` is what a decent office sends: mostly clean, small defects. `hard`
//! is the worst that a sensible office would still send. `stress` has stamps,
//! signatures and stains over boxes on purpose, and people who leave out and
//! correct a lot. `stains` is `hard` with the ring of a wet cup on every sheet, grease on
//! every second, and as many questions left out as at `stress`. Shares are of sheets
//! unless something else is said.
//!
//! | what | office | hard | stress |
//! |---|---|---|---|
//! | **people** | | | |
//! | ballpoint / gel / skipping / pencil / felt / marker, % | 62/22/4/6/5/1 | 46/20/9/14/8/3 | as hard |
//! | X as one's own mark, % (else tick, slash, plus, twice over, scribble, dash, dot, circle, fill) | 86 | 72 | 66 |
//! | another mark than one's own, of marks | 1.5 % | 4 % | 6 % |
//! | sloppiness of the hand (1: off by 0.4 mm, size ±12 %) | 0.4–1.2 | 0.7–1.8 | 0.7–2.2 |
//! | question left out | 1.5 % | 4 % | 15 % |
//! | overvote, of questions of one choice | 0.3 % | 1 % | 4 % |
//! | corrected question | 0.5 % | 2 % | 8 % |
//! | resting dot in another box, of questions | 0.3 % | 1.2 % | 3 % |
//! | word beside a box, of questions | 0.1 % | 0.5 % | 1.5 % |
//! | writing in an area | 30 % | 50 % | 70 % |
//! | writing that runs out of its area, of areas written in | 3 % | 15 % | 35 % |
//! | signature / stamp where they belong | 4 % / 3 % | 8 % / 8 % | 10 % / 10 % |
//! | signature / stamp over boxes | – | 1 % / 1 % | 25 % / 25 % |
//! | **paper** | | | |
//! | printer scale other than 100 % | 30 %: 97–101 % | 60 %: 94–102 % | as hard |
//! | photocopied form (gain, loss, specks, lines) | 25 %, mild | 50 %, strong | as hard |
//! | low toner | 2 % | 10 % | 12 % |
//! | coloured or recycled paper | 4 % | 14 % | 20 % |
//! | the other side shows through | 10 % | 30 % | 35 % |
//! | folded, dark or light crease | 12 % | 35 % | 45 % |
//! | crumpled | 1 % | 6 % | 12 % |
//! | coffee / grease | 0.4 % / 0.6 % | 3 % / 3 % | 12 % / 8 % |
//! | punched / stapled / torn corner | 5/10/0.5 % | 12/20/4 % | 15/20/8 % |
//! | **scanner** (of pages) | | | |
//! | dpi 100/150/200/240/300/400/600, % | 0/12/43/5/39/1/0 | 2/24/38/8/25/2.5/0.5 | as hard |
//! | JPEG / PNG / black and white, % | 82/8/10 | 64/6/30 | 66/6/28 |
//! | black and white: fixed limit / by what is around | 60/40 % | as office | as office |
//! | JPEG quality | 70–95 | 40–90 | 40–90 |
//! | skew, sigma | 0.35° | 0.9° | 1.0° |
//! | upside down / sideways | 4 % / 2 % | 10 % / 6 % | as hard |
//! | uneven feed: stretch, jitter, mm | 0.08, 0.01 | 0.25, 0.04 | 0.3, 0.05 |
//! | page bowed | 4 %: 0.4 mm | 15 %: 0.8 mm | as hard |
//! | dust streak | 2 % | 8 % | 12 % |
//! | dark border | 6 % | 20 % | 20 % |
//! | blur, sigma | 0.04–0.09 mm | 0.05–0.15 mm | as hard |
//! | noise, gray levels | 1–4 | 2–9 | 2–9 |
//! | uneven light, of full scale | 0–4 % | 0–14 % | as hard |

/// A range to draw from.
pub type Span = (f32, f32);

/// One level; see the table above.
#[derive(Debug, Clone)]
pub struct Level {
    pub name: &'static str,
    /// Part of every random stream.
    pub number: u64,
    pub pens: [f32; 6],
    pub own_x: f32,
    pub slip: f32,
    pub sloppy: Span,
    pub blank: f32,
    pub overvote: f32,
    pub correct: f32,
    pub rest: f32,
    pub word: f32,
    pub write: f32,
    pub run_out: f32,
    pub sign: f32,
    pub stamp: f32,
    pub sign_over: f32,
    pub stamp_over: f32,
    pub rescaled: f32,
    pub print_scale: Span,
    pub copied: f32,
    /// How strong copying is, 0 to 1.
    pub copy: Span,
    pub low_toner: f32,
    pub coloured: f32,
    pub through: f32,
    pub folded: f32,
    pub crumpled: f32,
    /// Standard deviation of a crumpled sheet's waves, mm.
    pub crumple: f32,
    pub coffee: f32,
    pub grease: f32,
    pub punched: f32,
    pub stapled: f32,
    pub torn: f32,
    pub dpi: [f32; 7],
    pub modes: [f32; 3],
    pub quality: Span,
    pub skew_degrees: f32,
    pub upside_down: f32,
    pub sideways: f32,
    pub stretch: f32,
    pub jitter: f32,
    pub bowed: f32,
    pub bow: f32,
    pub streak: f32,
    pub border: f32,
    pub blur: Span,
    pub noise: Span,
    pub light: f32,
}

/// Resolutions in the order of [`Level::dpi`].
pub const DPI: [f32; 7] = [100.0, 150.0, 200.0, 240.0, 300.0, 400.0, 600.0];

/// See the table.
pub const OFFICE: Level = Level {
    name: "office",
    number: 1,
    pens: [62.0, 22.0, 4.0, 6.0, 5.0, 1.0],
    own_x: 0.86,
    slip: 0.015,
    sloppy: (0.4, 1.2),
    blank: 0.015,
    overvote: 0.003,
    correct: 0.005,
    rest: 0.003,
    word: 0.001,
    write: 0.3,
    run_out: 0.03,
    sign: 0.04,
    stamp: 0.03,
    sign_over: 0.0,
    stamp_over: 0.0,
    rescaled: 0.3,
    print_scale: (0.97, 1.01),
    copied: 0.25,
    copy: (0.1, 0.5),
    low_toner: 0.02,
    coloured: 0.04,
    through: 0.1,
    folded: 0.12,
    crumpled: 0.01,
    crumple: 0.06,
    coffee: 0.004,
    grease: 0.006,
    punched: 0.05,
    stapled: 0.1,
    torn: 0.005,
    dpi: [0.0, 12.0, 43.0, 5.0, 39.0, 1.0, 0.0],
    modes: [82.0, 8.0, 10.0],
    quality: (70.0, 95.0),
    skew_degrees: 0.35,
    upside_down: 0.04,
    sideways: 0.02,
    stretch: 0.08,
    jitter: 0.01,
    bowed: 0.04,
    bow: 0.4,
    streak: 0.02,
    border: 0.06,
    blur: (0.04, 0.09),
    noise: (1.0, 4.0),
    light: 0.04,
};

/// See the table.
pub const HARD: Level = Level {
    name: "hard",
    number: 2,
    pens: [46.0, 20.0, 9.0, 14.0, 8.0, 3.0],
    own_x: 0.72,
    slip: 0.04,
    sloppy: (0.7, 1.8),
    blank: 0.04,
    overvote: 0.01,
    correct: 0.02,
    rest: 0.012,
    word: 0.005,
    write: 0.5,
    run_out: 0.15,
    sign: 0.08,
    stamp: 0.08,
    sign_over: 0.01,
    stamp_over: 0.01,
    rescaled: 0.6,
    print_scale: (0.94, 1.02),
    copied: 0.5,
    copy: (0.2, 1.0),
    low_toner: 0.1,
    coloured: 0.14,
    through: 0.3,
    folded: 0.35,
    crumpled: 0.06,
    crumple: 0.12,
    coffee: 0.03,
    grease: 0.03,
    punched: 0.12,
    stapled: 0.2,
    torn: 0.04,
    dpi: [2.0, 24.0, 38.0, 8.0, 25.0, 2.5, 0.5],
    modes: [64.0, 6.0, 30.0],
    quality: (40.0, 90.0),
    skew_degrees: 0.9,
    upside_down: 0.1,
    sideways: 0.06,
    stretch: 0.25,
    jitter: 0.04,
    bowed: 0.15,
    bow: 0.8,
    streak: 0.08,
    border: 0.2,
    blur: (0.05, 0.15),
    noise: (2.0, 9.0),
    light: 0.14,
};

/// See the table.
pub const STRESS: Level = Level {
    name: "stress",
    number: 3,
    own_x: 0.66,
    slip: 0.06,
    sloppy: (0.7, 2.2),
    blank: 0.15,
    overvote: 0.04,
    correct: 0.08,
    rest: 0.03,
    word: 0.015,
    write: 0.7,
    run_out: 0.35,
    sign: 0.1,
    stamp: 0.1,
    sign_over: 0.25,
    stamp_over: 0.25,
    low_toner: 0.12,
    coloured: 0.2,
    through: 0.35,
    folded: 0.45,
    crumpled: 0.12,
    crumple: 0.18,
    coffee: 0.12,
    grease: 0.08,
    punched: 0.15,
    torn: 0.08,
    modes: [66.0, 6.0, 28.0],
    skew_degrees: 1.0,
    stretch: 0.3,
    jitter: 0.05,
    streak: 0.12,
    ..HARD
};

/// See above the table.
pub const STAINS: Level = Level {
    name: "stains",
    number: 4,
    blank: 0.15,
    coffee: 1.0,
    grease: 0.5,
    ..HARD
};

impl Level {
    pub fn by_name(name: &str) -> Option<&'static Self> {
        [&OFFICE, &HARD, &STRESS, &STAINS]
            .into_iter()
            .find(|l| l.name == name)
    }
}
