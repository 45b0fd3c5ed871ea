//! What a scripted server does instead of what it should: one rule a line.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::message::{Answer, Head, Length};
use super::route::Route;

/// How much of a request's body is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Intake {
    #[default]
    Whole,
    /// So many bytes, then the connection ends.
    Cut(u64, End),
    /// So many bytes, then nothing is read any more.
    Stall(u64),
    /// None: the answer comes before the body.
    Ignored,
}

/// How a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// FIN
    Closed,
    /// RST
    Reset,
}

/// Where the answer comes from.
#[derive(Clone, Debug, Default)]
pub(super) enum Origin {
    /// The registry does what it was asked to, and says so.
    #[default]
    Registry,
    /// The registry hears nothing; this is the answer.
    Script(Answer),
    /// The same, byte for byte as it goes over the wire; then the connection ends.
    Raw(Bytes),
}

/// How the answer is sent.
#[derive(Clone, Debug, Default)]
pub(super) enum Delivery {
    #[default]
    Whole,
    /// So many bytes of the body, then the connection ends.
    Cut(u64, End),
    /// So many bytes of the body, then nothing more; the connection stays.
    Stall(u64),
    /// The head comes byte for byte, with so much time between.
    TrickleHead(Duration),
    /// The body comes in pieces of so many bytes, with so much time between.
    Trickle(usize, Duration),
    /// These bytes come after the body again and again, until nobody takes them any more.
    Endless(Bytes),
    /// So many headers come, each with so many bytes.
    Headers(usize, usize),
    /// Nothing comes at all; the connection stays.
    Silence,
    /// Nothing comes; the connection ends.
    Nothing(End),
    /// HTTP/2: so many bytes of the body, then the stream ends with this code.
    ResetStream(u64, h2::Reason),
    /// HTTP/2: so many bytes of the body, then all streams of the connection end with this code.
    GoAway(u64, h2::Reason),
}

/// Changes an answer before it is sent.
type Edit = Arc<dyn Fn(&Head, &mut Answer) + Send + Sync>;

/// What becomes of one request.
#[derive(Clone, Default)]
pub(super) struct Plan {
    pub(super) late: Duration,
    /// Headers of the request that are not heard.
    unheard: Vec<&'static str>,
    pub(super) intake: Intake,
    pub(super) origin: Origin,
    edits: Vec<Edit>,
    pub(super) delivery: Delivery,
}

impl Plan {
    /// The request as it is understood.
    pub(super) fn heard(&self, head: &Head) -> Head {
        let mut head = head.clone();
        head.headers
            .retain(|(name, _)| !self.unheard.iter().any(|unheard| name.eq_ignore_ascii_case(unheard)));
        head
    }

    pub(super) fn edit(&self, head: &Head, answer: &mut Answer) {
        for edit in &self.edits {
            edit(head, answer);
        }
    }
}

/// A plan, for whom it is, and how often.
pub(super) struct Rule {
    route: Route,
    part: String,
    ranged: Option<bool>,
    above: Option<u64>,
    skip: usize,
    /// How often it has to come about; for ever, but at least once, if `None`.
    times: Option<usize>,
    fired: usize,
    plan: Plan,
}

impl Rule {
    /// The plan for this request, if it is for it; counted then.
    pub(super) fn fire(&mut self, head: &Head) -> Option<Plan> {
        let suits = self.route.covers(Route::of(head))
            && head.path.contains(&self.part)
            && self.ranged.is_none_or(|ranged| ranged == head.header("range").is_some())
            && self.above.is_none_or(|above| head.length() > above)
            && self.times.is_none_or(|times| self.fired < times);
        if !suits {
            return None;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return None;
        }
        self.fired += 1;
        Some(self.plan.clone())
    }

    /// Whether it has come about as often as it should.
    pub(super) fn is_fulfilled(&self) -> bool {
        self.fired >= self.times.unwrap_or(1)
    }
}

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { route, part, times, fired, plan, .. } = self;
        write!(f, "{route:?} {part}: {:?}, {fired} times of {times:?}", plan.delivery)
    }
}

/// A rule that is being written; [`once`](Self::once), [`times`](Self::times) or [`forever`](Self::forever) ends it.
#[must_use = "a rule begins with once(), times() or forever()"]
pub(crate) struct Script<'a> {
    add: Box<dyn FnOnce(Rule) + 'a>,
    rule: Rule,
}

impl<'a> Script<'a> {
    pub(super) fn new(route: Route, add: impl FnOnce(Rule) + 'a) -> Self {
        let rule = Rule {
            route,
            part: String::new(),
            ranged: None,
            above: None,
            skip: 0,
            times: None,
            fired: 0,
            plan: Plan::default(),
        };
        Self { add: Box::new(add), rule }
    }

    fn plan(mut self, change: impl FnOnce(&mut Plan)) -> Self {
        change(&mut self.rule.plan);
        self
    }

    fn deliver(self, delivery: Delivery) -> Self {
        self.plan(|plan| plan.delivery = delivery)
    }

    fn script(self, change: impl FnOnce(&mut Answer)) -> Self {
        self.plan(|plan| {
            if !matches!(plan.origin, Origin::Script(_)) {
                plan.origin = Origin::Script(Answer::new(200));
            }
            if let Origin::Script(answer) = &mut plan.origin {
                change(answer);
            }
        })
    }
}

/// For which requests.
impl Script<'_> {
    /// Only those with this in path or query.
    pub(crate) fn of(mut self, part: &str) -> Self {
        part.clone_into(&mut self.rule.part);
        self
    }

    /// Only those for a part of a blob.
    pub(crate) fn ranged(mut self) -> Self {
        self.rule.ranged = Some(true);
        self
    }

    /// Only those for the whole of it.
    pub(crate) fn unranged(mut self) -> Self {
        self.rule.ranged = Some(false);
        self
    }

    /// Only those whose body says that it is longer than this.
    pub(crate) fn above(mut self, bytes: u64) -> Self {
        self.rule.above = Some(bytes);
        self
    }

    /// Not the first few of them.
    pub(crate) fn skipping(mut self, count: usize) -> Self {
        self.rule.skip = count;
        self
    }
}

/// How often; this begins the rule. One that did not come about so often fails the test.
impl Script<'_> {
    pub(crate) fn once(self) {
        self.times(1);
    }

    pub(crate) fn times(mut self, times: usize) {
        self.rule.times = Some(times);
        (self.add)(self.rule);
    }

    /// Always, and at least once.
    pub(crate) fn forever(self) {
        (self.add)(self.rule);
    }
}

/// What is answered. The registry hears nothing of the request.
impl Script<'_> {
    pub(crate) fn status(self, status: u16) -> Self {
        self.script(|answer| answer.status = status)
    }

    pub(crate) fn header(self, name: &str, value: impl Into<String>) -> Self {
        self.script(|answer| answer.headers.push((name.to_owned(), value.into())))
    }

    pub(crate) fn body(self, media_type: &str, body: impl Into<Bytes>) -> Self {
        self.script(|answer| *answer = answer.clone().with_body(media_type, body))
    }

    /// An error of the distribution specification.
    pub(crate) fn error(self, status: u16, code: &str) -> Self {
        self.script(|answer| *answer = Answer::error(status, code, ""))
    }

    pub(crate) fn redirect(self, status: u16, location: impl Into<String>) -> Self {
        self.status(status).header("Location", location)
    }

    /// These bytes, whatever they are; then the connection ends.
    pub(crate) fn answer(self, bytes: impl Into<Bytes>) -> Self {
        self.plan(|plan| plan.origin = Origin::Raw(bytes.into()))
    }
}

/// What is changed in an answer.
impl Script<'_> {
    pub(crate) fn edit(self, change: impl Fn(&Head, &mut Answer) + Send + Sync + 'static) -> Self {
        self.plan(|plan| plan.edits.push(Arc::new(change)))
    }

    pub(crate) fn with_header(self, name: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        self.edit(move |_, answer| answer.set(name, value.clone()))
    }

    pub(crate) fn without_header(self, name: &'static str) -> Self {
        self.edit(move |_, answer| answer.remove(name))
    }

    /// `Content-Length` says this.
    pub(crate) fn lie_about_length(self, bytes: u64) -> Self {
        self.edit(move |_, answer| answer.length = Length::Claimed(bytes))
    }

    /// `Content-Length` says so many bytes more than there are, or less.
    pub(crate) fn lie_by(self, bytes: i64) -> Self {
        self.edit(move |_, answer| {
            let length = (answer.body.len() as u64).checked_add_signed(bytes).unwrap();
            answer.length = Length::Claimed(length);
        })
    }

    /// There is no `Content-Length`; the body ends with the connection.
    pub(crate) fn without_length(self) -> Self {
        self.edit(|_, answer| answer.length = Length::UntilClosed)
    }

    pub(crate) fn chunked(self) -> Self {
        self.edit(|_, answer| answer.length = Length::Chunked)
    }

    /// The byte at this place of the body is another one.
    pub(crate) fn flip_byte(self, at: usize) -> Self {
        self.edit(move |_, answer| {
            let mut body = answer.body.to_vec();
            body[at] ^= 1;
            answer.body = body.into();
        })
    }

    pub(crate) fn gzip(self) -> Self {
        self.edit(|_, answer| answer.compress())
    }

    /// The place that an upload goes on at is on another server.
    pub(crate) fn located_at(self, origin: impl Into<String>) -> Self {
        let origin = origin.into();
        self.edit(move |_, answer| {
            let location = answer.header("location").map(|location| format!("{origin}{location}"));
            if let Some(location) = location {
                answer.set("Location", location);
            }
        })
    }

    /// The registry does not hear this header of the request.
    pub(crate) fn unheard(self, name: &'static str) -> Self {
        self.plan(|plan| plan.unheard.push(name))
    }
}

/// How it is sent.
impl Script<'_> {
    pub(crate) fn cut_after(self, bytes: u64) -> Self {
        self.deliver(Delivery::Cut(bytes, End::Closed))
    }

    pub(crate) fn reset_after(self, bytes: u64) -> Self {
        self.deliver(Delivery::Cut(bytes, End::Reset))
    }

    pub(crate) fn stall_after(self, bytes: u64) -> Self {
        self.deliver(Delivery::Stall(bytes))
    }

    pub(crate) fn trickle_headers(self, step: Duration) -> Self {
        self.deliver(Delivery::TrickleHead(step))
    }

    pub(crate) fn trickle(self, bytes: usize, step: Duration) -> Self {
        self.deliver(Delivery::Trickle(bytes, step))
    }

    /// After the body this comes again and again.
    pub(crate) fn endless(self, pattern: impl Into<Bytes>) -> Self {
        self.deliver(Delivery::Endless(pattern.into()))
    }

    pub(crate) fn header_flood(self, count: usize, bytes: usize) -> Self {
        self.deliver(Delivery::Headers(count, bytes))
    }

    /// The request is heard, and nothing is ever said to it.
    pub(crate) fn silent(self) -> Self {
        self.deliver(Delivery::Silence)
    }

    /// The request is carried out, but its answer is lost.
    pub(crate) fn lose_answer(self) -> Self {
        self.deliver(Delivery::Nothing(End::Closed))
    }

    /// The connection ends before anything was done.
    pub(crate) fn hang_up(self) -> Self {
        self.status(500).lose_answer()
    }

    /// The same by RST.
    pub(crate) fn reset(self) -> Self {
        self.status(500).deliver(Delivery::Nothing(End::Reset))
    }

    pub(crate) fn late(self, wait: Duration) -> Self {
        self.plan(|plan| plan.late = wait)
    }

    pub(crate) fn reset_stream_after(self, bytes: u64, reason: h2::Reason) -> Self {
        self.deliver(Delivery::ResetStream(bytes, reason))
    }

    pub(crate) fn go_away_after(self, bytes: u64, reason: h2::Reason) -> Self {
        self.deliver(Delivery::GoAway(bytes, reason))
    }
}

/// How the request's body is taken. What came of an upload is kept.
impl Script<'_> {
    pub(crate) fn cut_request_after(self, bytes: u64) -> Self {
        self.plan(|plan| plan.intake = Intake::Cut(bytes, End::Closed))
    }

    pub(crate) fn reset_request_after(self, bytes: u64) -> Self {
        self.plan(|plan| plan.intake = Intake::Cut(bytes, End::Reset))
    }

    pub(crate) fn stall_request_after(self, bytes: u64) -> Self {
        self.plan(|plan| plan.intake = Intake::Stall(bytes))
    }

    /// The answer comes before the body is read.
    pub(crate) fn early(self) -> Self {
        self.plan(|plan| plan.intake = Intake::Ignored)
    }
}
