//! Where the body lies in a slice's thumbnail.

use hilum_imaging::{Anatomy, Pixels, THUMBNAIL_SIDE};
use serde::{Deserialize, Serialize};

/// Pixels of the thumbnail around the hull that still count as body: its edge is blurred into them.
const MARGIN: usize = 1;

/// The columns of the body's convex hull, from and to, in each of the thumbnail's 64 rows; an empty
/// range where there is no body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<(u8, u8)>")]
pub struct Body(Vec<(u8, u8)>);

impl Body {
    /// Looks for the body in a thumbnail; `None` where none is found.
    pub(super) fn of(thumbnail: &Pixels) -> Option<Self> {
        let anatomy = Anatomy::of(thumbnail)?;
        let side = THUMBNAIL_SIDE;
        let columns = |row: usize| anatomy.columns(row, side, side);
        let widened = (0..side).map(|row| {
            let rows = row.saturating_sub(MARGIN)..=(row + MARGIN).min(side - 1);
            let spans = || rows.clone().map(columns).filter(|(from, to)| to > from);
            let from = spans().map(|(from, _)| from).min()?;
            let to = spans().map(|(_, to)| to).max()?;
            Some((
                from.saturating_sub(MARGIN) as u8,
                (to + MARGIN).min(side) as u8,
            ))
        });
        Some(Self(widened.map(Option::unwrap_or_default).collect()))
    }

    /// For each pixel of the thumbnail, row by row, whether it lies outside of the body.
    pub fn outside(&self) -> impl Iterator<Item = bool> {
        self.0.iter().flat_map(|(from, to)| {
            let body = usize::from(*from)..usize::from(*to);
            (0..THUMBNAIL_SIDE).map(move |column| !body.contains(&column))
        })
    }
}

impl TryFrom<Vec<(u8, u8)>> for Body {
    type Error = String;

    fn try_from(rows: Vec<(u8, u8)>) -> Result<Self, Self::Error> {
        if rows.len() == THUMBNAIL_SIDE {
            Ok(Self(rows))
        } else {
            Err(format!("{} rows, not {THUMBNAIL_SIDE}", rows.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    use hilum_imaging::Channels;

    use super::*;

    /// By hand: a bright box over the middle half of a dark image of 64x64, of which the hull of
    /// 32x32 and a pixel on every side are body.
    #[test]
    fn a_box_is_a_body_with_a_pixel_around_it() {
        let is_inside = |at: usize| (16..48).contains(&(at % 64)) && (16..48).contains(&(at / 64));
        let levels = (0..64 * 64).map(|at| if is_inside(at) { 200 } else { 10 });
        let body = Body::of(&Pixels::new(64, 64, Channels::Grey, levels.collect())).unwrap();
        let outside: Vec<bool> = body.outside().collect();
        assert_eq!(outside.len(), 64 * 64);
        let expected =
            |at: usize| !((15..49).contains(&(at % 64)) && (15..49).contains(&(at / 64)));
        // Opening by a cross rounds the corners off.
        let wrong = (0..64 * 64).filter(|at| outside[*at] != expected(*at));
        assert!(wrong.count() <= 12);
    }

    #[test]
    fn an_image_of_one_level_has_no_body() {
        let flat = Pixels::new(64, 64, Channels::Grey, vec![80; 64 * 64]);
        assert_eq!(Body::of(&flat), None);
    }
}
