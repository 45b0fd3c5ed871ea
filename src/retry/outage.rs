//! Outages: one state for each server, shared by all requests of a process.
//!
//! A server is down for all requests when it refuses connections, is silent, or stands behind a proxy that
//! reports an outage (502, 503, 504). During an outage, one request at a time probes the server, after
//! growing waits; the other requests wait for the result. When the server responds, all requests continue.
//! When the outage has lasted for the whole budget, or for the number of probes that the user allows, all
//! waiting requests fail.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::fault::{Fault, Pause, Sign, Verdict};
use super::limiter::Limiter;
use super::{Attempts, Cause, PATIENCE, Policy, USUAL_ATTEMPTS, Wait, Waiting, Waits, back_off};
use crate::diagnose::Diagnose;

/// How long a server is silent before the silence is shown.
const QUIET: Duration = Duration::from_secs(1);

/// How far a request may exceed its limit, because the errors of its inner limits say better what timed out.
const GRACE: Duration = Duration::from_millis(50);

/// How long one ended connection puts a server under suspicion, although others receive data from it.
const SUSPICION: Duration = Duration::from_secs(1);

/// The servers that one process talks to.
#[derive(Debug)]
pub struct Outages {
    policy: Policy,
    waits: Waits,
    servers: Mutex<HashMap<String, Arc<Outage>>>,
}

/// One server and its outage, if there is one.
#[derive(Debug)]
pub struct Outage {
    /// The server's `host[:port]`, for messages.
    server: String,
    policy: Policy,
    waits: Waits,
    /// The origin of the following clocks.
    begun: Instant,
    /// When data last arrived from the server, in microseconds; 0 for never.
    heard: AtomicU64,
    /// When the server last accepted data.
    taken: AtomicU64,
    /// When a silence of the server last exceeded its limit.
    silent: AtomicU64,
    /// When the server last responded to a request without an error of its own.
    answered: AtomicU64,
    /// Set while `state` is down, so that `state` is locked only then.
    down: AtomicBool,
    state: Mutex<Option<Down>>,
    changed: Notify,
    limiter: Limiter,
}

/// An outage of a server.
#[derive(Debug)]
struct Down {
    /// When the last data arrived.
    since: Instant,
    /// When the outage was noticed. The budget starts here, because the first failure may have taken long.
    known: Instant,
    /// How many requests have failed in a row; zero while the outage is only suspected.
    failed: u32,
    /// No request is sent before this time.
    until: Instant,
    /// Whether a probe is in flight.
    probed: bool,
    /// The failure after which the server was given up, if it was.
    given_up: Option<Fault>,
    shown: Option<Waiting>,
}

/// The permission to send one request. Dropping it says nothing about the server; a dropped probe is replaced.
#[derive(Debug)]
pub struct Pass {
    outage: Arc<Outage>,
    sent: Instant,
    probes: bool,
}

impl Outages {
    /// Creates an empty set of servers that retries as `policy` says and shows waits in `waits`.
    pub fn new(policy: Policy, waits: Waits) -> Self {
        Self { policy, waits, servers: Mutex::default() }
    }

    /// Returns the retry policy.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Returns the state of the server at `origin`, which is unique to it. Messages call it `name`.
    pub fn of(&self, origin: &str, name: impl FnOnce() -> String) -> Arc<Outage> {
        // Each change is one call, so the map is consistent even after a panic elsewhere.
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = servers.get(origin) {
            return Arc::clone(known);
        }
        let outage = Arc::new(Outage::new(name(), self.policy, self.waits.clone()));
        servers.insert(origin.to_owned(), Arc::clone(&outage));
        outage
    }
}

impl Default for Outages {
    /// Creates a set whose servers are never waited for.
    fn default() -> Self {
        Self::new(Policy::ONCE, Waits::default())
    }
}

impl Outage {
    fn new(server: String, policy: Policy, waits: Waits) -> Self {
        let limiter = Limiter::new(server.clone(), policy, waits.clone());
        Self {
            server,
            policy,
            waits,
            begun: Instant::now(),
            heard: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            silent: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            down: AtomicBool::new(false),
            state: Mutex::default(),
            changed: Notify::new(),
            limiter,
        }
    }

    /// Returns how many requests the server gets.
    pub fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// Waits until a request may be sent: no time at all, unless there is an outage.
    ///
    /// # Errors
    /// The failure after which the server was given up.
    ///
    /// # Cancel safety
    /// Dropping the future changes nothing.
    pub async fn enter(self: &Arc<Self>) -> Result<Pass, Fault> {
        let mut has_waited = false;
        while self.down.load(Ordering::Acquire) {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            // No change is missed after this line.
            changed.as_mut().enable();
            match self.look() {
                Look::GivenUp(fault) if has_waited => return Err(*fault),
                Look::Free | Look::GivenUp(_) => break,
                Look::Probe => return Ok(self.pass(true)),
                Look::Wait(Some(until)) => tokio::select! {
                    () = sleep_until(until) => {}
                    () = changed => {}
                },
                Look::Wait(None) => changed.await,
            }
            has_waited = true;
        }
        Ok(self.pass(false))
    }

    /// Returns the permission for a request that takes too long for others to wait for it. Such a request
    /// never probes: it is sent only after the server was found to be reachable.
    pub fn follow(self: &Arc<Self>) -> Pass {
        self.pass(false)
    }

    fn pass(self: &Arc<Self>, probes: bool) -> Pass {
        Pass { outage: Arc::clone(self), sent: Instant::now(), probes }
    }

    /// Decides whether this request may be sent, and whether it is the probe.
    fn look(&self) -> Look {
        let mut state = self.state();
        let Some(down) = state.as_mut() else { return Look::Free };
        let now = Instant::now();
        if let Some(fault) = &down.given_up {
            return Look::GivenUp(Box::new(fault.clone()));
        }
        if down.probed {
            let is_doubtful = down.failed == 0 && now >= down.known + SUSPICION;
            return match down.failed {
                // The probe hangs while other requests receive data: only one connection was affected.
                0 if is_doubtful && self.is_heard_since(down.known) => Look::Free,
                0 => Look::Wait(Some(now + SUSPICION)),
                _ => Look::Wait(None),
            };
        }
        if now < down.until {
            return Look::Wait(Some(down.until));
        }
        down.probed = true;
        if let Some(shown) = &down.shown {
            shown.update(|wait| wait.until = None);
        }
        Look::Probe
    }

    /// Records that data has arrived from the server. This is cheap and takes no lock.
    pub fn heard(&self) {
        self.heard.store(self.clock(Instant::now()), Ordering::Relaxed);
    }

    /// Records that the server, or the operating system on its behalf, has accepted data.
    pub fn took(&self) {
        self.taken.store(self.clock(Instant::now()), Ordering::Relaxed);
    }

    fn is_heard_since(&self, time: Instant) -> bool {
        self.heard.load(Ordering::Relaxed) > self.clock(time)
    }

    /// Returns `time`, or the time of the last data in either direction if that is later.
    fn quiet_since(&self, time: Instant) -> Instant {
        let moved = self.heard.load(Ordering::Relaxed).max(self.taken.load(Ordering::Relaxed));
        time.max(self.begun + Duration::from_micros(moved))
    }

    /// Records that a body has ended too early. The next request probes the server, and others wait for that.
    pub fn broke(&self) {
        self.suspect(Instant::now());
    }

    /// Records that a body has brought nothing since `asked`, unless another body has brought data.
    pub fn stalled(&self, asked: Instant) {
        if !self.is_heard_since(asked) {
            self.silent.store(self.clock(Instant::now()), Ordering::Relaxed);
            self.suspect(asked);
        }
    }

    /// Returns when a silence of the server last exceeded its limit. Connections that are older may be dead.
    pub fn silent(&self) -> Option<Instant> {
        let silent = Some(self.silent.load(Ordering::Relaxed)).filter(|silent| *silent > 0);
        silent.map(|silent| self.begun + Duration::from_micros(silent))
    }

    fn suspect(&self, since: Instant) {
        if self.policy.attempts == Some(1) {
            return;
        }
        let mut state = self.state();
        if state.is_none() {
            *state = Some(Down::suspected(self.quiet_since(since)));
            self.down.store(true, Ordering::Release);
        }
    }

    /// Waits at most `limit` for `work`, which receives data from the server. Shows a silence of over a second.
    ///
    /// # Cancel safety
    /// The same as that of `work`.
    pub async fn hear<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::pin!(work);
        let asked = Instant::now();
        if let Ok(heard) = timeout(QUIET.min(limit), &mut work).await {
            return Some(heard);
        }
        let until = asked.checked_add(limit);
        let end = until.and_then(|until| until.checked_add(GRACE));
        let mut shown = None;
        loop {
            let (now, since) = (Instant::now(), self.quiet_since(asked));
            let silent = until.filter(|_| now.saturating_duration_since(since) >= QUIET);
            shown = silent.map(|until| shown.take().unwrap_or_else(|| self.show_silence(since, until)));
            let next = end.map_or(now + QUIET, |end| end.min(now + QUIET));
            match timeout_at(next, &mut work).await {
                Ok(heard) => return Some(heard),
                Err(_) if end.is_some_and(|end| end <= Instant::now()) => return None,
                Err(_) => {}
            }
        }
    }

    fn show_silence(&self, since: Instant, until: Instant) -> Waiting {
        self.waits.begin(Wait {
            server: self.server.clone(),
            cause: Cause::Silent,
            since: since.into_std(),
            until: Some(until.into_std()),
            failed: 0,
            limit: self.policy.attempts,
            gives_up: None,
        })
    }

    /// Shows that an operation is retried after `wait`, although the server is reachable.
    pub(super) fn show_retry(&self, attempts: &Attempts, wait: Duration, error: &impl Diagnose) -> Waiting {
        let cause = error.brief().unwrap_or_else(|| error.to_string());
        // The server's name is shown anyway.
        let cause = cause.strip_prefix(&self.server).unwrap_or(&cause);
        let now = std::time::Instant::now();
        self.waits.begin(Wait {
            server: self.server.clone(),
            cause: Cause::Failed(cause.trim_start_matches([' ', ':']).to_owned()),
            since: now.checked_sub(attempts.failing()).unwrap_or(now),
            until: Some(now + wait),
            failed: attempts.failed(),
            limit: Some(self.policy.attempts.unwrap_or(USUAL_ATTEMPTS)),
            gives_up: None,
        })
    }

    /// Ends the outage: all requests continue.
    fn end(&self) {
        let ended = self.state().take();
        self.down.store(false, Ordering::Release);
        if ended.is_some() {
            self.changed.notify_waiters();
        }
    }

    /// Records that a request sent at `sent` has failed; `probed` says whether it was the probe.
    fn fail(&self, sent: Instant, probed: bool, fault: Fault) -> Verdict {
        let mut state = self.state();
        // Another request may have reached the server meanwhile.
        let probed = probed && state.is_some();
        if !probed && fault.sign != Sign::Trouble && self.is_old_news(sent, fault.sign) {
            // The server has been reachable since then: only this request has to be sent again.
            let after = fault.after.unwrap_or_default();
            return if after > self.patience() { Verdict::Own } else { self.wait(after) };
        }
        if fault.sign == Sign::Silent {
            self.silent.store(self.clock(Instant::now()), Ordering::Relaxed);
        }
        // The server has responded to others, so the error is taken to concern this request only.
        let is_suspicion = state.as_ref().is_none_or(|down| down.failed == 0);
        if fault.sign == Sign::Trouble && self.is_good() && (!probed || is_suspicion) {
            if probed {
                drop(state);
                self.end();
            }
            return Verdict::Own;
        }
        let down = state.get_or_insert_with(|| Down::suspected(self.quiet_since(sent)));
        self.down.store(true, Ordering::Release);
        let verdict = if down.given_up.is_some() {
            Verdict::GiveUp
        } else if !probed && (down.failed > 0 || down.probed) {
            // The request was sent before the outage was known, so its failure is not news.
            self.wait(down.pause())
        } else {
            self.count(down, probed, fault)
        };
        if probed {
            down.probed = false;
        }
        self.changed.notify_waiters();
        verdict
    }

    /// Counts one more failed request, either the first or a probe.
    fn count(&self, down: &mut Down, probed: bool, fault: Fault) -> Verdict {
        let now = Instant::now();
        let budget = self.policy.budget;
        if fault.after.is_some_and(|after| after > self.patience()) {
            // The user has to decide. All other waiting requests fail with the same cause.
            down.give_up(fault);
            return Verdict::Own;
        }
        if down.failed == 0 {
            down.known = now;
        }
        down.failed += 1;
        // The data that arrived may be only a greeting: the server was reachable, but may not work.
        let is_known = self.is_good() || fault.sign == Sign::Away && self.has_said_anything();
        let limit = self.policy.attempts.or((!is_known).then_some(USUAL_ATTEMPTS));
        let left = budget.saturating_sub(now.saturating_duration_since(self.quiet_since(down.known)));
        if limit.is_some_and(|limit| down.failed >= limit) || left.is_zero() {
            down.give_up(fault);
            return Verdict::GiveUp;
        }
        if fault.sign == Sign::Cut && !probed {
            // The connection may have been idle for a while.
            return self.wait(down.pause());
        }
        let pause = back_off(down.failed).max(fault.after.unwrap_or_default()).min(left);
        down.until = now + pause;
        let gives_up = limit.is_none().then(|| now + left);
        let wait = Wait {
            server: self.server.clone(),
            cause: Cause::Failed(fault.cause),
            since: down.since.into_std(),
            until: Some(down.until.into_std()),
            failed: down.failed,
            limit,
            gives_up: gives_up.map(Instant::into_std),
        };
        down.show(&self.waits, wait);
        self.wait(pause)
    }

    /// Returns the verdict to wait, for an operation that has to know whether the server answers others.
    fn wait(&self, pause: Duration) -> Verdict {
        let answered = Some(self.answered.load(Ordering::Relaxed)).filter(|answered| *answered > 0);
        let now = self.clock(Instant::now());
        let ago = answered.map(|answered| Duration::from_micros(now.saturating_sub(answered)));
        Verdict::Wait(Pause::new(pause, ago))
    }

    /// Returns the longest wait that the server may ask for.
    fn patience(&self) -> Duration {
        PATIENCE.min(self.policy.budget)
    }

    /// Reports whether the server has ever responded without an error of its own.
    fn is_good(&self) -> bool {
        self.answered.load(Ordering::Relaxed) > 0
    }

    /// Reports whether any data has ever arrived from the server, so that waiting for it makes sense.
    pub fn has_said_anything(&self) -> bool {
        self.heard.load(Ordering::Relaxed) > 0
    }

    /// Reports whether the server has been reachable since the failed request was sent.
    fn is_old_news(&self, sent: Instant, sign: Sign) -> bool {
        let last = match sign {
            Sign::Silent => &self.heard,
            Sign::Away | Sign::Unserved | Sign::Cut | Sign::Trouble => &self.answered,
        };
        last.load(Ordering::Relaxed) > self.clock(sent)
    }

    fn clock(&self, time: Instant) -> u64 {
        // Starts from 1, because 0 means never. The range is half a million years.
        u64::try_from(time.saturating_duration_since(self.begun).as_micros()).unwrap_or(u64::MAX).max(1)
    }

    fn state(&self) -> MutexGuard<'_, Option<Down>> {
        // The state is a few independent values, so it is usable even after a panic while it was locked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The decision about a request.
enum Look {
    Free,
    /// The server was given up after this failure.
    GivenUp(Box<Fault>),
    Probe,
    /// Wait until this time, or until another request returns.
    Wait(Option<Instant>),
}

impl Down {
    /// Creates the state of a server whose connection has ended and about which nothing else is known.
    fn suspected(since: Instant) -> Self {
        let now = Instant::now();
        Self { since, known: now, failed: 0, until: now, probed: false, given_up: None, shown: None }
    }

    /// Returns how long no request is sent.
    fn pause(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// Shows the wait, or changes the one that is shown.
    fn show(&mut self, waits: &Waits, wait: Wait) {
        match &self.shown {
            Some(shown) => shown.update(|before| *before = wait),
            None => self.shown = Some(waits.begin(wait)),
        }
    }

    fn give_up(&mut self, fault: Fault) {
        (self.given_up, self.probed, self.shown) = (Some(fault), false, None);
    }
}

impl Pass {
    /// Reports whether any data has ever arrived from the server.
    pub fn has_said_anything(&self) -> bool {
        self.outage.has_said_anything()
    }

    /// Records that the server has responded.
    pub fn answered(mut self) {
        self.probes = false;
        let outage = &self.outage;
        let now = outage.clock(Instant::now());
        outage.heard.store(now, Ordering::Relaxed);
        outage.answered.store(now, Ordering::Relaxed);
        if outage.down.load(Ordering::Acquire) {
            outage.end();
        }
    }

    /// Records that the request has failed and returns what that means for the next one.
    pub fn failed(mut self, fault: Fault) -> Verdict {
        let probed = std::mem::take(&mut self.probes);
        self.outage.fail(self.sent, probed, fault)
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if !self.probes {
            return;
        }
        if let Some(down) = self.outage.state().as_mut() {
            (down.probed, down.until) = (false, Instant::now());
            if let Some(shown) = &down.shown {
                shown.update(|wait| wait.until = Some(down.until.into_std()));
            }
        }
        self.outage.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{ErrorKind, Hint};

    const REFUSED: Sign = Sign::Away;

    fn fault(sign: Sign) -> Fault {
        let (cause, kind) = ("connection refused".to_owned(), ErrorKind::Unreachable);
        Fault { sign, cause, kind, hint: None, after: None }
    }

    fn outages() -> Outages {
        Outages::new(Policy::default(), Waits::default())
    }

    fn server(outages: &Outages) -> Arc<Outage> {
        outages.of("http://r.example", || "r.example".to_owned())
    }

    /// A server that has responded once.
    async fn known(outages: &Outages) -> Arc<Outage> {
        let server = server(outages);
        server.enter().await.unwrap().answered();
        tokio::time::advance(Duration::from_millis(1)).await;
        server
    }

    /// Sends requests to a server that is unreachable until `back`, as operations do, and counts them in
    /// `asked`.
    async fn asks(server: Arc<Outage>, back: Instant, asked: Arc<AtomicU64>) -> Result<Instant, Verdict> {
        loop {
            let pass = server.enter().await.map_err(|_| Verdict::GiveUp)?;
            asked.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(1)).await;
            if Instant::now() >= back {
                pass.answered();
                return Ok(Instant::now());
            }
            match pass.failed(fault(REFUSED)) {
                Verdict::Wait(_) | Verdict::Own => {}
                verdict @ Verdict::GiveUp => return Err(verdict),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn u1_while_a_server_is_away_one_request_at_a_time_asks_and_all_go_on_when_it_is_back() {
        for away in [2, 8, 30, 60, 290] {
            let server = known(&outages()).await;
            let begun = Instant::now();
            let (back, asked) = (begun + Duration::from_secs(away), Arc::new(AtomicU64::new(0)));
            let all: Vec<_> = (0..32).map(|_| asks(Arc::clone(&server), back, Arc::clone(&asked))).collect();
            let ended = futures_util::future::join_all(all).await;
            let first = ended.iter().flatten().min().unwrap();
            assert!(ended.iter().all(|end| end.is_ok_and(|end| end - *first <= Duration::from_millis(10))));
            assert!(*first - back <= CAP_AND_A_BIT, "{away} s: {:?}", *first - back);
            // All requests were in flight when the outage began, and each is sent once more when it ends.
            let probes = asked.load(Ordering::Relaxed) - 64;
            assert!(probes <= 10 + away / 7, "{probes} requests in {away} s");
        }
    }

    const CAP_AND_A_BIT: Duration = Duration::from_millis(15_100);

    #[tokio::test(start_paused = true)]
    async fn u1_a_server_that_stays_away_is_given_up_for_everybody_after_the_budget() {
        let server = known(&outages()).await;
        let begun = Instant::now();
        let never = begun + Duration::from_secs(3600);
        let asked = Arc::new(AtomicU64::new(0));
        let all: Vec<_> = (0..8).map(|_| asks(Arc::clone(&server), never, Arc::clone(&asked))).collect();
        let ended = futures_util::future::join_all(all).await;
        assert!(ended.iter().all(|end| *end == Err(Verdict::GiveUp)), "{ended:?}");
        let took = begun.elapsed();
        assert!(took >= Duration::from_secs(299) && took <= Duration::from_secs(302), "{took:?}");
        assert_eq!(server.waits.now(), [], "waits for it have ended");
    }

    #[tokio::test(start_paused = true)]
    async fn u1_a_number_of_attempts_bounds_only_if_it_is_given() {
        let policy = Policy { attempts: Some(3), ..Policy::default() };
        let server = known(&Outages::new(policy, Waits::default())).await;
        let asked = Arc::new(AtomicU64::new(0));
        let never = Instant::now() + Duration::from_secs(3600);
        assert_eq!(asks(server, never, Arc::clone(&asked)).await, Err(Verdict::GiveUp));
        assert_eq!(asked.load(Ordering::Relaxed), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn u1_a_server_that_has_never_answered_is_soon_given_up() {
        let (begun, asked) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let never = begun + Duration::from_secs(3600);
        assert_eq!(asks(server(&outages()), never, Arc::clone(&asked)).await, Err(Verdict::GiveUp));
        assert_eq!(asked.load(Ordering::Relaxed), u64::from(USUAL_ATTEMPTS));
        assert!(begun.elapsed() < Duration::from_secs(8));
    }

    #[tokio::test(start_paused = true)]
    async fn u1_a_server_that_was_only_greeted_is_waited_for_if_it_refuses_connections() {
        let greeted = server(&outages());
        greeted.heard();
        let back = Instant::now() + Duration::from_secs(60);
        assert!(asks(Arc::clone(&greeted), back, Arc::default()).await.is_ok());
        for sign in [Sign::Unserved, Sign::Cut, Sign::Silent] {
            let (greeted, mut failed) = (server(&outages()), 1);
            greeted.heard();
            while greeted.enter().await.unwrap().failed(fault(sign)) != Verdict::GiveUp {
                failed += 1;
            }
            assert_eq!(failed, USUAL_ATTEMPTS, "{sign:?}: it was reachable, and does not work");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn u1_bytes_of_other_streams_begin_the_budget_anew() {
        let server = known(&outages()).await;
        let stream = async {
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_secs(60)).await;
                server.heard();
            }
        };
        let (begun, asked) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let never = begun + Duration::from_secs(3600);
        let (ended, ()) = tokio::join!(asks(Arc::clone(&server), never, asked), stream);
        assert_eq!(ended, Err(Verdict::GiveUp));
        assert!(begun.elapsed() >= Duration::from_secs(898), "{:?}", begun.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn u1_a_probe_that_is_dropped_is_taken_over() {
        let server = known(&outages()).await;
        assert!(matches!(server.enter().await.unwrap().failed(fault(REFUSED)), Verdict::Wait(_)));
        let probe = server.enter().await.unwrap();
        let other = tokio::spawn({
            let server = Arc::clone(&server);
            async move { server.enter().await.unwrap().probes }
        });
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(!other.is_finished(), "one probe at a time");
        drop(probe);
        assert!(other.await.unwrap(), "the next request probes");
    }

    #[tokio::test(start_paused = true)]
    async fn u1_a_failure_of_before_says_nothing_about_a_server_that_has_answered_since() {
        let server = known(&outages()).await;
        let late = server.enter().await.unwrap();
        tokio::time::advance(Duration::from_millis(1)).await;
        server.enter().await.unwrap().answered();
        assert_eq!(late.failed(fault(Sign::Silent)), Verdict::Wait(Pause::default()));
        assert!(!server.enter().await.unwrap().probes);
    }

    #[tokio::test(start_paused = true)]
    async fn u1_trouble_with_one_request_does_not_count_as_an_outage() {
        let server = known(&outages()).await;
        assert_eq!(server.enter().await.unwrap().failed(fault(Sign::Trouble)), Verdict::Own);
        server.broke();
        let pass = server.enter().await.unwrap();
        assert!(pass.probes, "a body has ended too early");
        assert_eq!(pass.failed(fault(Sign::Trouble)), Verdict::Own);
        assert!(!server.enter().await.unwrap().probes, "the server was reachable");
    }

    #[tokio::test(start_paused = true)]
    async fn u1_a_connection_that_hangs_blocks_no_others_if_they_are_served() {
        let server = known(&outages()).await;
        server.broke();
        let hanging = server.enter().await.unwrap();
        let streams = async {
            for _ in 0..40 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                server.heard();
            }
        };
        let (pass, ()) = tokio::join!(server.enter(), streams);
        assert!(hanging.probes && !pass.unwrap().probes);
    }

    #[tokio::test(start_paused = true)]
    async fn u1_a_server_is_asked_when_it_said_and_not_before() {
        let server = known(&outages()).await;
        let after = Some(Duration::from_secs(40));
        let pass = server.enter().await.unwrap();
        let begun = Instant::now();
        assert!(matches!(pass.failed(Fault { after, ..fault(REFUSED) }), Verdict::Wait(_)));
        let pass = server.enter().await.unwrap();
        assert!(pass.probes && begun.elapsed() >= Duration::from_secs(40));
        let after = Some(PATIENCE + Duration::from_secs(1));
        assert_eq!(
            pass.failed(Fault { after, ..fault(REFUSED) }),
            Verdict::Own,
            "the error is reported instead"
        );
        assert!(!server.enter().await.unwrap().probes, "and no other request waits for that");
    }

    #[tokio::test(start_paused = true)]
    async fn u1_those_that_wait_for_a_server_that_is_given_up_get_the_failure_of_the_probe() {
        let server = known(&outages()).await;
        assert!(matches!(server.enter().await.unwrap().failed(fault(REFUSED)), Verdict::Wait(_)));
        let probe = server.enter().await.unwrap();
        let waiting = tokio::spawn({
            let server = Arc::clone(&server);
            async move { server.enter().await }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        let after = PATIENCE + Duration::from_secs(1);
        let last = Fault {
            kind: ErrorKind::RateLimited,
            hint: Some(Hint::WaitFor { duration: after }),
            after: Some(after),
            ..fault(Sign::Unserved)
        };
        assert_eq!(probe.failed(last.clone()), Verdict::Own);
        assert_eq!(waiting.await.unwrap().unwrap_err(), last);
    }

    #[tokio::test(start_paused = true)]
    async fn u1_what_is_waited_for_is_shown_until_the_server_answers() {
        let server = known(&outages()).await;
        let waits = server.waits.clone();
        assert_eq!(waits.now(), []);
        let Verdict::Wait(pause) = server.enter().await.unwrap().failed(fault(REFUSED)) else {
            panic!("it waits")
        };
        let [wait] = &waits.now()[..] else { panic!("one wait is shown") };
        let cause = Cause::Failed("connection refused".to_owned());
        assert_eq!((&wait.cause, wait.failed, wait.limit), (&cause, 1, None));
        let shown = wait.until.unwrap() - Instant::now().into_std();
        assert!(wait.server == "r.example" && shown.abs_diff(pause.wait()) <= Duration::from_millis(1));
        let probe = server.enter().await.unwrap();
        assert_eq!(waits.now()[0].until, None, "the probe is in flight");
        probe.answered();
        assert_eq!(waits.now(), []);
    }

    #[tokio::test(start_paused = true)]
    async fn u1_silence_is_shown_after_a_second() {
        let server = known(&outages()).await;
        let limit = Duration::from_secs(30);
        let silent = server.hear(limit, std::future::pending::<()>());
        let look = async {
            tokio::time::sleep(Duration::from_millis(900)).await;
            let before = server.waits.now().len();
            tokio::time::sleep(Duration::from_millis(200)).await;
            (before, server.waits.now())
        };
        let (heard, (before, shown)) = tokio::join!(silent, look);
        assert_eq!((heard, before, shown.len()), (None, 0, 1));
        assert_eq!(shown[0].cause, Cause::Silent);
        assert_eq!(server.waits.now(), []);
    }
}
