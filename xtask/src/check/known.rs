//! What is wrong and known. This list only shrinks: what does not happen any more must go from it.

use super::Problem;

/// A problem that is not reported.
pub(super) struct Known {
    /// A file, or a folder with everything in it, which then ends with `/`.
    at: &'static str,
    /// A part of what is said of it.
    what: &'static str,
    why: &'static str,
}

const fn known(at: &'static str, what: &'static str, why: &'static str) -> Known {
    Known { at, what, why }
}

const ORDERS: &str = "a turn carries out orders, and an order is carried out by turns: they are \
                      one machine, with a file for each kind of order";
const HOUSE: &str =
    "what calls share belongs to the exchange, and reaches the rest of the host through it";
const EXAMPLE: &str = "the example makes a version that is not there yet";

pub(super) const KNOWN: &[Known] = &[
    known("docs/versions.md", "names", EXAMPLE),
    known("host/call/src/lib.rs", "circle: crate, carry, front, legs, order", ORDERS),
    known("host/exchange/src/lib.rs", "circle: crate, early, house", HOUSE),
];

impl Known {
    fn is(&self, problem: &Problem) -> bool {
        let there = match self.at.ends_with('/') {
            true => problem.file.starts_with(self.at),
            false => problem.file == self.at,
        };
        there && problem.what.contains(self.what)
    }
}

/// The problems that are not known, and what is known but no problem.
pub(super) fn without(problems: Vec<Problem>, known: &[Known]) -> Vec<Problem> {
    let over = known.iter().filter(|known| !problems.iter().any(|problem| known.is(problem)));
    let mut left: Vec<Problem> = over
        .map(|Known { at, what, why }| {
            let what = format!(
                "nothing is wrong there any more with {what:?} ({why}): take it from the list in \
                 xtask/src/check/known.rs"
            );
            Problem::new(at, 0, what)
        })
        .collect();
    left.extend(
        problems.into_iter().filter(|problem| !known.iter().any(|known| known.is(problem))),
    );
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_left_out_until_it_is_mended() {
        let problem = |file| Problem::new(file, 0, "has 501 lines".into());
        let list = [known("a/", "lines", "for a test"), known("c.rs", "lines", "for a test")];
        let left = without(vec![problem("a/b.rs"), problem("b.rs")], &list);
        let files: Vec<&str> = left.iter().map(|problem| &*problem.file).collect();
        assert_eq!(files, ["c.rs", "b.rs"]);
    }
}
