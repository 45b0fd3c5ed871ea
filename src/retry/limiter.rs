//! How many requests a server gets: as many as the configuration and the server itself allow.
//!
//! Registries count requests by their kind. ECR, for example, has a limit for each action of its API, and
//! Docker Hub counts manifests. A refusal of one kind therefore slows only that kind down.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::waits::{Cause, Wait, Waiting, Waits};
use super::{PATIENCE, Policy};

/// The lowest rate that refusals lead to, in requests per second.
const LEAST: f64 = 1.0;

/// How much of the rate at the last refusal a reduced rate regains each second, but at least [`LEAST`].
const GAIN: f64 = 0.1;

/// A reduced rate is dropped when it has grown to this multiple of the rate at the last refusal.
const ENOUGH: f64 = 2.0;

/// The time over which the rate of requests is measured.
const WINDOW: Duration = Duration::from_secs(1);

/// How long a request must have to wait for the wait to be shown.
const NOTICED: Duration = Duration::from_secs(1);

/// A kind of request that registries count separately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// Reading a manifest.
    Manifest,
    /// Reading a blob, or asking for its presence.
    Blob,
    /// Writing anything.
    Write,
    /// Anything else: lists, tokens, checks.
    Other,
}

/// The number of kinds.
const KINDS: usize = 4;

/// The limits of one server.
#[derive(Debug)]
pub struct Limiter {
    /// The server's `host[:port]`, for messages.
    server: String,
    policy: Policy,
    waits: Waits,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// All requests, as the configuration limits them.
    configured: Bucket,
    kinds: [Learned; KINDS],
}

/// A token bucket, kept as the time at which the next token is due.
#[derive(Debug, Default)]
struct Bucket(Option<Instant>);

impl Bucket {
    /// Takes a token, and returns when it is due. Up to `burst` tokens are available together.
    fn take(&mut self, now: Instant, rate: f64, burst: f64) -> Instant {
        let interval = Duration::from_secs_f64(1.0 / rate);
        let due = self.0.map_or(now, |next| next.max(now));
        self.0 = Some(due + interval);
        let early = Duration::from_secs_f64((burst.max(1.0) - 1.0) / rate);
        due.checked_sub(early).map_or(now, |due| due.max(now))
    }
}

/// What the server has shown about one kind of request.
#[derive(Debug, Default)]
struct Learned {
    /// The reduced rate after refusals.
    reduced: Option<Reduced>,
    bucket: Bucket,
    /// Requests in the current window, and the time of its beginning.
    window: Option<(Instant, u32)>,
    /// The requests of the window before.
    before: u32,
    /// No request is sent before this time, because the server asked for it.
    until: Option<Instant>,
    /// The number of requests that the server still allows before a time.
    left: Option<(u64, Instant)>,
}

#[derive(Clone, Copy, Debug)]
struct Reduced {
    /// The rate when the last refusal came, in requests per second.
    refused: f64,
    /// The rate that was chosen then.
    chosen: f64,
    at: Instant,
}

impl Reduced {
    fn rate(&self, now: Instant) -> f64 {
        let seconds = now.saturating_duration_since(self.at).as_secs_f64();
        self.chosen + (self.refused * GAIN).max(LEAST) * seconds
    }
}

impl Learned {
    /// Counts a request, and returns when it may be sent.
    fn take(&mut self, now: Instant) -> Instant {
        self.count(now);
        let mut due = self.until.map_or(now, |until| until.max(now));
        if let Some(reduced) = self.reduced {
            let rate = reduced.rate(now);
            if rate >= reduced.refused * ENOUGH {
                self.reduced = None;
            } else {
                due = self.bucket.take(due, rate, 1.0);
            }
        }
        match &mut self.left {
            Some((_, resets)) if *resets <= due => self.left = None,
            Some((0, resets)) => due = *resets,
            Some((left, _)) => *left -= 1,
            None => {}
        }
        due
    }

    fn count(&mut self, now: Instant) {
        match &mut self.window {
            Some((since, count)) if now < *since + WINDOW => *count += 1,
            Some((since, count)) => {
                self.before = if now < *since + WINDOW * 2 { *count } else { 0 };
                self.window = Some((now, 1));
            }
            None => self.window = Some((now, 1)),
        }
    }

    /// Returns the rate of requests, in requests per second.
    fn measured(&self) -> f64 {
        let count = self.window.map_or(0, |(_, count)| count).max(self.before);
        f64::from(count) / WINDOW.as_secs_f64()
    }

    /// Halves the rate, unless the request was sent before the last reduction could have any effect.
    fn refused(&mut self, now: Instant, sent: Instant) {
        if self.reduced.is_some_and(|reduced| sent <= reduced.at) {
            return;
        }
        let measured = self.measured().max(LEAST);
        let refused = self.reduced.map_or(measured, |reduced| reduced.rate(now).min(measured));
        self.reduced = Some(Reduced { refused, chosen: (refused / 2.0).max(LEAST), at: now });
        self.bucket = Bucket::default();
    }
}

impl Limiter {
    pub(super) fn new(server: String, policy: Policy, waits: Waits) -> Self {
        Self { server, policy, waits, state: Mutex::default() }
    }

    /// Waits until a request of this kind may be sent. `configured` is the highest rate that the user allows,
    /// in requests per second; a burst of one second's requests is sent without a wait.
    ///
    /// # Cancel safety
    /// Dropping the future wastes the place in the queue, because no other request gets it.
    pub async fn admit(&self, kind: RequestKind, configured: Option<f64>) {
        let now = Instant::now();
        let due = self.due(kind, configured, now);
        if due <= now {
            return;
        }
        let _shown = (due >= now + NOTICED).then(|| self.show(now, due));
        sleep_until(due).await;
    }

    fn due(&self, kind: RequestKind, configured: Option<f64>, now: Instant) -> Instant {
        let mut state = self.state();
        let learned = state.kinds[kind as usize].take(now);
        let ours = configured.map_or(now, |rate| state.configured.take(now, rate, rate));
        learned.max(ours)
    }

    /// Records that a request that was sent at `sent` was one too many. The rate is halved once for all
    /// requests that were under way together. No request is sent while the server asks to wait, if it asks
    /// for at most [`PATIENCE`]. Without retries the refusal is final, and nothing is learned from it.
    pub fn refused(&self, kind: RequestKind, sent: Instant, after: Option<Duration>) {
        if self.policy.attempts == Some(1) {
            return;
        }
        let now = Instant::now();
        let mut state = self.state();
        let learned = &mut state.kinds[kind as usize];
        learned.refused(now, sent);
        if let Some(after) = after.filter(|after| *after <= PATIENCE.min(self.policy.budget)) {
            learned.until = learned.until.max(Some(now + after));
        }
    }

    /// Records that the server allows `left` more requests of this kind in the next `time`. A longer time
    /// than [`PATIENCE`] is not waited for, so it is ignored.
    pub fn allows(&self, kind: RequestKind, left: u64, time: Duration) {
        if self.policy.attempts == Some(1) || time > PATIENCE.min(self.policy.budget) {
            return;
        }
        let resets = Instant::now() + time;
        let mut state = self.state();
        let known = &mut state.kinds[kind as usize].left;
        // Responses overtake each other, so within one window the lowest number is the latest.
        let same = known.filter(|(_, known)| *known + WINDOW >= resets);
        *known = Some(same.map_or((left, resets), |(lower, known)| (lower.min(left), known.max(resets))));
    }

    fn show(&self, now: Instant, due: Instant) -> Waiting {
        self.waits.begin(Wait {
            server: self.server.clone(),
            cause: Cause::Failed("request rate limit".to_owned()),
            since: now.into_std(),
            until: Some(due.into_std()),
            failed: 0,
            limit: None,
            gives_up: None,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is a few independent values, so it is usable even after a panic while it was locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOB: RequestKind = RequestKind::Blob;

    fn unlimited() -> Limiter {
        Limiter::new("r.lab".to_owned(), Policy::default(), Waits::default())
    }

    /// Sends requests for `seconds`, each as soon as it may be sent, and returns how many were sent.
    async fn sent(limiter: &Limiter, kind: RequestKind, configured: Option<f64>, seconds: u64) -> u32 {
        let end = Instant::now() + Duration::from_secs(seconds);
        let mut count = 0;
        loop {
            limiter.admit(kind, configured).await;
            if Instant::now() >= end {
                return count;
            }
            count += 1;
            // A server needs some time for each.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn i12_a_configured_rate_holds_for_all_kinds_together_after_a_burst_of_one_second() {
        let limiter = unlimited();
        let both = futures_util::future::join(
            sent(&limiter, BLOB, Some(10.0), 10),
            sent(&limiter, RequestKind::Manifest, Some(10.0), 10),
        );
        let (blobs, manifests) = both.await;
        assert!((108..=111).contains(&(blobs + manifests)), "{blobs} and {manifests}");
        let slow = sent(&unlimited(), BLOB, Some(0.5), 10).await;
        assert_eq!(slow, 5);
    }

    #[tokio::test(start_paused = true)]
    async fn i12_a_burst_of_refusals_halves_the_rate_of_its_kind_once_and_it_comes_back() {
        let limiter = unlimited();
        let begun = Instant::now();
        for _ in 0..40 {
            limiter.admit(BLOB, None).await;
        }
        assert_eq!(Instant::now(), begun, "nothing is limited yet");
        for _ in 0..10 {
            limiter.refused(BLOB, begun, None);
        }
        let first = sent(&limiter, BLOB, None, 1).await;
        assert!((20..=24).contains(&first), "{first} of 40");
        assert!(sent(&limiter, RequestKind::Manifest, None, 1).await > 500);
        limiter.refused(BLOB, Instant::now(), None);
        let second = sent(&limiter, BLOB, None, 1).await;
        assert!((13..=17).contains(&second), "{second} of {first}");
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert!(sent(&limiter, BLOB, None, 1).await > 500);
    }

    #[tokio::test(start_paused = true)]
    async fn i12_a_wait_that_the_server_asks_for_holds_for_all_requests_of_the_kind() {
        let (limiter, begun) = (unlimited(), Instant::now());
        limiter.refused(BLOB, begun, Some(Duration::from_secs(7)));
        limiter.admit(RequestKind::Other, None).await;
        assert_eq!(begun.elapsed(), Duration::ZERO);
        let admitted = limiter.admit(BLOB, None);
        tokio::pin!(admitted);
        assert!(tokio::time::timeout(Duration::from_secs(6), &mut admitted).await.is_err());
        assert_eq!(limiter.waits.now().len(), 1, "it is shown");
        admitted.await;
        assert_eq!(begun.elapsed().as_secs(), 7);
        limiter.refused(BLOB, begun, Some(PATIENCE * 2));
        limiter.admit(BLOB, None).await;
        assert!(begun.elapsed() < PATIENCE, "such a wait is an error, not a pause");
        let once = Limiter::new("r.lab".to_owned(), Policy::ONCE, Waits::default());
        once.refused(RequestKind::Other, Instant::now(), Some(Duration::from_secs(1)));
        assert_eq!(once.due(RequestKind::Other, None, Instant::now()), Instant::now());
    }

    #[tokio::test(start_paused = true)]
    async fn i12_what_is_left_of_a_window_is_used_and_then_its_end_is_awaited() {
        let (limiter, begun) = (unlimited(), Instant::now());
        limiter.allows(BLOB, 2, Duration::from_secs(20));
        limiter.allows(BLOB, 3, Duration::from_secs(20));
        for expected in [0, 0, 20, 20] {
            limiter.admit(BLOB, None).await;
            assert_eq!(begun.elapsed().as_secs(), expected);
        }
        limiter.allows(BLOB, 0, Duration::from_secs(3600));
        limiter.admit(BLOB, None).await;
        assert_eq!(begun.elapsed().as_secs(), 20);
    }
}
