//! What all connections of a scripted server share.

use std::sync::{Arc, Mutex};

use super::access::Access;
use super::contents::Contents;
use super::log::Log;
use super::message::{Answer, Head};
use super::route::Route;
use super::script::{Origin, Plan, Rule};

/// One origin: its rules, its log, and what it holds.
pub(super) struct Stage {
    /// `http://127.0.0.1:PORT`
    pub(super) origin: String,
    pub(super) log: Log,
    pub(super) rules: Mutex<Vec<Rule>>,
    pub(super) contents: Arc<Mutex<Contents>>,
    pub(super) access: Arc<Mutex<Access>>,
}

impl Stage {
    /// What is to become of a request.
    pub(super) fn plan(&self, head: &Head) -> Plan {
        self.rules.lock().unwrap().iter_mut().find_map(|rule| rule.fire(head)).unwrap_or_default()
    }

    /// The answer to a request that came as a whole.
    pub(super) fn answer(&self, plan: &Plan, head: &Head, body: &[u8]) -> Answer {
        let head = plan.heard(head);
        let mut answer = match &plan.origin {
            Origin::Script(answer) => answer.clone(),
            Origin::Registry | Origin::Raw(_) => self.registry(&head, body),
        };
        if head.method == "HEAD" && answer.header("content-length").is_none() {
            let length = answer.body.len().to_string();
            answer.set("Content-Length", length);
        }
        plan.edit(&head, &mut answer);
        answer
    }

    fn registry(&self, head: &Head, body: &[u8]) -> Answer {
        let mut access = self.access.lock().unwrap();
        if Route::of(head) == Route::Token {
            return access.issue(head, body);
        }
        match access.refuse(head, &self.origin) {
            Some(refusal) => refusal,
            None => self.contents.lock().unwrap().answer(head, body),
        }
    }

    pub(super) fn keep_part(&self, head: &Head, body: &[u8]) {
        self.contents.lock().unwrap().keep_part(head, body);
    }
}
