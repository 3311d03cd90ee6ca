//! Waits that compose. Where two are ready at once the one written first wins, always.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

/// Which of two waits was over first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The one written first.
    Left(A),
    /// The other.
    Right(B),
}

/// Waits for the first of two. The other is dropped, which takes back what it ordered; to keep it,
/// hand over a `&mut` of it. More than two read better with [`race!`](crate::race!).
pub async fn race<A: Future, B: Future>(a: A, b: B) -> Either<A::Output, B::Output> {
    let (mut a, mut b) = (pin!(a), pin!(b));
    poll_fn(|context| {
        if let Poll::Ready(output) = a.as_mut().poll(context) {
            return Poll::Ready(Either::Left(output));
        }
        b.as_mut().poll(context).map(Either::Right)
    })
    .await
}

/// Waits for both.
pub async fn join<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut from_a, mut from_b) = (None, None);
    poll_fn(|context| {
        if from_a.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(context)
        {
            from_a = Some(output);
        }
        if from_b.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(context)
        {
            from_b = Some(output);
        }
        match (from_a.take(), from_b.take()) {
            (Some(from_a), Some(from_b)) => Poll::Ready((from_a, from_b)),
            halves => {
                (from_a, from_b) = halves;
                Poll::Pending
            }
        }
    })
    .await
}

/// Waits for the first of many, in their order, and says which it was. The others are dropped.
pub async fn first<F: Future + Unpin>(mut waits: Vec<F>) -> (usize, F::Output) {
    poll_fn(|context| {
        for (index, wait) in waits.iter_mut().enumerate() {
            if let Poll::Ready(output) = pin!(wait).poll(context) {
                return Poll::Ready((index, output));
            }
        }
        Poll::Pending
    })
    .await
}

/// Waits for the first of several and goes on with what is written behind it. Where two are ready
/// at once the upper one wins. The others are dropped before that, which takes back what they
/// ordered; to keep one, write `&mut` before it.
///
/// ```
/// # use strowger_sdk::prelude::*;
/// # async fn part(call: Call, mut waiting: Waiting) -> &'static str {
/// strowger_sdk::race! {
///     served = &mut waiting => match served {
///         Ok(_agent) => "answered",
///         Err(_) => "unserved",
///     },
///     _ = call.sleep(secs(180)) => "overflow",
///     _ = call.gone("coach") => "alone",
/// }
/// # }
/// ```
#[macro_export]
macro_rules! race {
    (@waits $pattern:pat = $wait:expr => $then:expr $(,)?) => { $wait };
    (@waits $pattern:pat = $wait:expr => $then:expr, $($rest:tt)+) => {
        $crate::script::race($wait, $crate::race!(@waits $($rest)+))
    };
    (@then $first:expr; $pattern:pat = $wait:expr => $then:expr $(,)?) => {
        match $first { $pattern => $then }
    };
    (@then $first:expr; $pattern:pat = $wait:expr => $then:expr, $($rest:tt)+) => {
        match $first {
            $crate::script::Either::Left($pattern) => $then,
            $crate::script::Either::Right(others) => $crate::race!(@then others; $($rest)+),
        }
    };
    ($($waits:tt)+) => {{
        let first = $crate::race!(@waits $($waits)+).await;
        $crate::race!(@then first; $($waits)+)
    }};
}
