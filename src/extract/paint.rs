//! What of the graphics state decides whether text is seen (ISO 32000-2 §8.4 to §8.6, §11): colours as far as they can be told
//! from paper, paths, clipping, transparency.

#![allow(
    clippy::many_single_char_names,
    reason = "matrices are written a to f as in the standard"
)]

use std::rc::Rc;

/// An affine transformation `[a b c d e f]` (§8.3.3).
pub(super) type Matrix = [f64; 6];

/// A rectangle along the axes: left, bottom, right, top.
pub(super) type Area = [f64; 4];

/// Components at least this bright count as paper.
const PAPER: f64 = 0.95;
/// Colours that differ by less than this can't be told apart.
const ALIKE: f64 = 0.1;
/// Less opaque than this is not seen for sure.
const OPAQUE: f64 = 0.5;
/// How far a corner may be from where that of a rectangle would be, in points.
const STRAIGHT: f64 = 0.01;
/// Points of one path that are kept; the form of a longer one is not known.
const MOST_POINTS: usize = 10_000;

/// `first`, then `second`.
pub(super) fn multiply(first: &Matrix, second: &Matrix) -> Matrix {
    let [a, b, c, d, e, f] = first;
    let [g, h, i, j, k, l] = second;
    [
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + l,
    ]
}

/// Where `matrix` puts a point.
fn place(matrix: &Matrix, (x, y): (f64, f64)) -> (f64, f64) {
    let [a, b, c, d, e, f] = matrix;
    (a * x + c * y + e, b * x + d * y + f)
}

/// The smallest area that holds these points, where `matrix` puts them.
pub(super) fn bounds(matrix: &Matrix, points: &[(f64, f64)]) -> Area {
    let placed = points.iter().map(|point| place(matrix, *point));
    around(placed)
}

fn around(points: impl Iterator<Item = (f64, f64)>) -> Area {
    points.fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |area, (x, y)| {
        [
            area[0].min(x),
            area[1].min(y),
            area[2].max(x),
            area[3].max(y),
        ]
    })
}

/// Whether a point lies in an area, whichever two of its corners are named.
pub(super) fn inside(area: &Area, point: (f64, f64), tolerance: f64) -> bool {
    let (left, right) = (
        area[0].min(area[2]) - tolerance,
        area[0].max(area[2]) + tolerance,
    );
    let (bottom, top) = (
        area[1].min(area[3]) - tolerance,
        area[1].max(area[3]) + tolerance,
    );
    (left..=right).contains(&point.0) && (bottom..=top).contains(&point.1)
}

// -- colours ------------------------------------------------------------------------------------------------------------

/// Where the components of a colour lead (§8.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    /// Grey, RGB or CMYK, by the number of components.
    Plain,
    /// A colour that only a table, a function or a pattern knows.
    Opaque,
}

/// A colour as far as it can be told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Colour {
    space: Space,
    /// Red, green and blue; nothing where they can't be told.
    shade: Option<[f64; 3]>,
}

impl Colour {
    /// What a page begins with.
    pub(super) const BLACK: Self = Self {
        space: Space::Plain,
        shade: Some([0.0; 3]),
    };

    /// The first colour of a space: black, or one that can't be told.
    pub(super) fn of_space(space: Space) -> Self {
        Self {
            space,
            shade: (space == Space::Plain).then_some([0.0; 3]),
        }
    }

    /// The colour with these components in the space of this one.
    pub(super) fn with(self, components: &[f64]) -> Self {
        match self.space {
            Space::Plain => Self::plain(components),
            Space::Opaque => self,
        }
    }

    /// A grey, RGB or CMYK colour.
    pub(super) fn plain(components: &[f64]) -> Self {
        let shade = match *components {
            [grey] => Some([grey; 3]),
            [red, green, blue] => Some([red, green, blue]),
            [c, m, y, k] => Some([c, m, y].map(|ink| (1.0 - ink) * (1.0 - k))),
            _ => None,
        };
        Self {
            space: Space::Plain,
            shade,
        }
    }

    /// Whether it can be told from paper.
    fn is_seen(self) -> bool {
        self.shade
            .is_some_and(|shade| shade.iter().any(|part| *part < PAPER))
    }

    /// Whether something of this colour is seen on what is painted with `below`.
    fn is_seen_on(self, below: [f64; 3]) -> bool {
        self.shade.is_some_and(|shade| {
            let mut parts = shade.iter().zip(below);
            parts.any(|(one, other)| (one - other).abs() >= ALIKE)
        })
    }
}

/// What marks of one kind (filled ones, or lines) are made with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ink {
    pub(super) colour: Colour,
    /// 1 is opaque, 0 is nothing.
    pub(super) opacity: f64,
}

impl Ink {
    /// What a page begins with.
    pub(super) const BLACK: Self = Self {
        colour: Colour::BLACK,
        opacity: 1.0,
    };

    /// Why marks made with it might not be seen.
    pub(super) fn flaw(self, below: Option<[f64; 3]>) -> Option<Unseen> {
        let on_paper = self.colour.is_seen();
        let on_paint = below.is_none_or(|below| self.colour.is_seen_on(below));
        if self.opacity < OPAQUE {
            Some(Unseen::Transparent)
        } else if on_paper && on_paint {
            None
        } else {
            Some(Unseen::Paper)
        }
    }

    /// What stays where it has covered everything: nothing that is known when it lets something through.
    fn cover(self) -> Option<[f64; 3]> {
        self.colour.shade.filter(|_| self.opacity >= 1.0)
    }
}

/// Why a mark is not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unseen {
    /// In the colour of what is below, or in one that can't be told.
    Paper,
    /// Transparent.
    Transparent,
}

// -- paths --------------------------------------------------------------------------------------------------------------

/// A path, where it lies on the page.
#[derive(Debug, Default)]
pub(super) struct Path {
    parts: Vec<Part>,
    points: usize,
}

/// A part of a path that hangs together.
#[derive(Debug, Default)]
struct Part {
    points: Vec<(f64, f64)>,
    curved: bool,
}

impl Part {
    /// The area, if this is a rectangle along the axes.
    fn rectangle(&self) -> Option<Area> {
        let near = |one: f64, other: f64| (one - other).abs() <= STRAIGHT;
        let mut corners = self.points.as_slice();
        if let [first, .., last] = corners
            && corners.len() == 5
            && near(first.0, last.0)
            && near(first.1, last.1)
        {
            corners = corners.get(..4)?;
        }
        let [a, b, c, d] = corners else { return None };
        let one_way = near(a.0, b.0) && near(b.1, c.1) && near(c.0, d.0) && near(d.1, a.1);
        let other_way = near(a.1, b.1) && near(b.0, c.0) && near(c.1, d.1) && near(d.0, a.0);
        (!self.curved && (one_way || other_way)).then(|| around(corners.iter().copied()))
    }
}

impl Path {
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Begins a part.
    pub(super) fn begin(&mut self, ctm: &Matrix, numbers: &[f64]) {
        if let [x, y] = numbers {
            self.parts.push(Part::default());
            self.add(place(ctm, (*x, *y)));
        }
    }

    /// Goes on, straight or in a curve, whose control points lie around it.
    pub(super) fn go_on(&mut self, ctm: &Matrix, numbers: &[f64]) {
        if let (Some(part), true) = (self.parts.last_mut(), numbers.len() > 2) {
            part.curved = true;
        }
        for pair in numbers.chunks_exact(2) {
            if let [x, y] = pair {
                self.add(place(ctm, (*x, *y)));
            }
        }
    }

    /// A rectangle, which is a part by itself.
    pub(super) fn rectangle(&mut self, ctm: &Matrix, numbers: &[f64]) {
        if let [x, y, width, height] = numbers {
            self.begin(ctm, &[*x, *y]);
            for corner in [
                (x + width, *y),
                (x + width, y + height),
                (*x, y + height),
                (*x, *y),
            ] {
                self.add(place(ctm, corner));
            }
        }
    }

    fn add(&mut self, point: (f64, f64)) {
        self.points += 1;
        let Some(part) = self.parts.last_mut() else {
            return;
        };
        if self.points <= MOST_POINTS {
            part.points.push(point);
        } else {
            // What is left out lies somewhere: the last point stands for it, and the form is no rectangle any more.
            part.curved = true;
            if let Some(last) = part.points.last_mut() {
                *last = point;
            }
        }
    }

    /// The rectangles it is made of, if it is made of nothing else.
    fn rectangles(&self) -> Option<Vec<Area>> {
        self.parts.iter().map(Part::rectangle).collect()
    }

    /// What filling it covers, at the most, and whether that is (nearly) so everywhere: a frame is filled and hollow.
    fn filled(&self) -> (Vec<Area>, bool) {
        if let Some(areas) = self.rectangles() {
            let whole = !overlap(&areas);
            return (areas, whole);
        }
        let all = self.parts.iter().flat_map(|part| &part.points);
        (vec![around(all.copied())], self.parts.len() == 1)
    }

    /// What lines of this width along it cover, at the most.
    fn stroked(&self, width: f64) -> Vec<Area> {
        let along = |part: &Part| {
            let straight = part.points.windows(2).map(|ends| ends.iter().copied());
            let areas: Vec<Area> = if part.curved {
                vec![around(part.points.iter().copied())]
            } else {
                straight.map(around).collect()
            };
            areas
        };
        let half = width / 2.0;
        self.parts
            .iter()
            .flat_map(along)
            .map(|[left, bottom, right, top]| {
                [left - half, bottom - half, right + half, top + half]
            })
            .collect()
    }
}

/// Where something was painted.
#[derive(Debug)]
pub(super) struct Painted {
    pub(super) area: Area,
    /// Pieces of text that were there before.
    pub(super) before: usize,
    /// What is seen there since; nothing where that is not known.
    pub(super) shade: Option<[f64; 3]>,
}

/// Lines thinner than this, in points, cover nothing: rulings, underlining.
const THIN: f64 = 3.0;

/// What filling a path (`fill`) and drawing its line (`width` in points) leaves on the page.
pub(super) fn paint(
    path: &Path,
    fill: Option<Ink>,
    line: Option<(Ink, f64)>,
    before: usize,
) -> Vec<Painted> {
    let painted = |areas: Vec<Area>, shade: Option<[f64; 3]>| {
        areas.into_iter().map(move |area| Painted {
            area,
            before,
            shade,
        })
    };
    let filled = fill.map(|ink| {
        let (areas, whole) = path.filled();
        painted(areas, ink.cover().filter(|_| whole))
    });
    let stroked = line
        .filter(|(_, width)| *width >= THIN)
        .map(|(ink, width)| painted(path.stroked(width), ink.cover()));
    filled
        .into_iter()
        .flatten()
        .chain(stroked.into_iter().flatten())
        .collect()
}

/// Where marks are seen: inside of every path that clips (§8.5.4).
#[derive(Debug, Clone, Default)]
pub(super) struct Clip {
    /// For each path the rectangles it is made of.
    paths: Vec<Rc<[Area]>>,
    /// Whether one of them is of another form, or letters clip.
    unknown: bool,
}

impl Clip {
    /// Clips by this path too.
    pub(super) fn by(&mut self, path: &Path) {
        match path.rectangles().as_deref() {
            Some([]) | None => self.unknown = true,
            Some([area]) => self.by_one(*area),
            // Where they overlap, the even-odd rule may leave holes.
            Some(areas) => {
                self.unknown |= overlap(areas);
                self.paths.push(areas.into());
            }
        }
    }

    fn by_one(&mut self, area: Area) {
        let Some(last) = self.paths.last_mut().filter(|last| last.len() == 1) else {
            self.paths.push([area].into());
            return;
        };
        let both = [
            area[0].max(last[0][0]),
            area[1].max(last[0][1]),
            area[2].min(last[0][2]),
            area[3].min(last[0][3]),
        ];
        // Where they have nothing in common, nothing is seen.
        self.unknown |= both[0] > both[2] || both[1] > both[3];
        *last = [both].into();
    }

    /// Clips by something whose form is not known.
    pub(super) fn by_the_unknown(&mut self) {
        self.unknown = true;
    }

    /// Whether a mark at these points is seen for sure.
    pub(super) fn shows(&self, points: &[(f64, f64)]) -> bool {
        let within = |areas: &Rc<[Area]>, point: &(f64, f64)| {
            areas.iter().any(|area| inside(area, *point, 0.5))
        };
        !self.unknown
            && points
                .iter()
                .all(|point| self.paths.iter().all(|areas| within(areas, point)))
    }
}

/// Whether any two areas do; many are believed to.
fn overlap(areas: &[Area]) -> bool {
    let apart = |one: &Area, other: &Area| {
        one[2] <= other[0] || other[2] <= one[0] || one[3] <= other[1] || other[3] <= one[1]
    };
    areas.len() > 100
        || areas
            .iter()
            .enumerate()
            .any(|(at, one)| areas.iter().skip(at + 1).any(|other| !apart(one, other)))
}
