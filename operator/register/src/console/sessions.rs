//! Who is signed in: sessions in memory, found by the SHA-256 of what the browser holds. A restart of the
//! register ends them all, and signing in again costs one token.
//!
//! *Architecture invariant:* a session is no right. It holds the token that the person showed, and every
//! request asks the cluster again whose it is and what they may. No page shows a token.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use factory_assurance::canonical;

/// Forms of one session that may be open at the same time.
const OPEN_FORMS: usize = 32;

/// How long and how many.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Time without a request after which a session ends.
    pub idle: Duration,
    /// Time after which it ends in any case; earlier where its token does.
    pub lifetime: Duration,
    /// Sessions at the same time; one more ends the one that was idle for longest.
    pub most: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { idle: Duration::from_secs(15 * 60), lifetime: Duration::from_secs(8 * 3600), most: 200 }
    }
}

/// All sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    limits: Limits,
    open: Mutex<HashMap<String, Session>>,
}

struct Session {
    token: String,
    csrf: String,
    ends: Instant,
    seen: Instant,
    forms: VecDeque<String>,
}

impl std::fmt::Debug for Session {
    /// Without the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("ends", &self.ends).field("seen", &self.seen).finish_non_exhaustive()
    }
}

/// What a request needs of its session.
pub struct Open {
    /// The token that was shown at sign-in.
    pub token: String,
    /// What every form of this session must carry.
    pub csrf: String,
}

impl Sessions {
    /// None yet, within `limits`.
    #[must_use]
    pub fn within(limits: Limits) -> Self {
        Self { limits, open: Mutex::default() }
    }

    /// Begins a session of `token`, which ends with it at the latest. Answers what the browser is to hold.
    pub fn begin(&self, token: String, ends_in: Option<Duration>, now: Instant) -> Result<String, getrandom::Error> {
        let (cookie, csrf) = (random()?, random()?);
        let lifetime = ends_in.map_or(self.limits.lifetime, |left| left.min(self.limits.lifetime));
        let session = Session { token, csrf, ends: now + lifetime, seen: now, forms: VecDeque::new() };
        let mut open = self.lock();
        let idle = self.limits.idle;
        open.retain(|_, session| session.holds(idle, now));
        if open.len() >= self.limits.most
            && let Some(oldest) = open.iter().min_by_key(|(_, session)| session.seen).map(|(key, _)| key.clone())
        {
            open.remove(&oldest);
        }
        open.insert(key(&cookie), session);
        Ok(cookie)
    }

    /// The session of `cookie`, if it has not ended; from now on it is idle anew.
    pub fn find(&self, cookie: &str, now: Instant) -> Option<Open> {
        let mut open = self.lock();
        let key = key(cookie);
        let session = open.get_mut(&key)?;
        if !session.holds(self.limits.idle, now) {
            open.remove(&key);
            return None;
        }
        session.seen = now;
        Some(Open { token: session.token.clone(), csrf: session.csrf.clone() })
    }

    /// Ends the session of `cookie`.
    pub fn end(&self, cookie: &str) {
        self.lock().remove(&key(cookie));
    }

    /// A number for one form that decides something: it can be handed in once.
    pub fn form(&self, cookie: &str) -> Result<String, getrandom::Error> {
        let form = random()?;
        if let Some(session) = self.lock().get_mut(&key(cookie)) {
            if session.forms.len() >= OPEN_FORMS {
                session.forms.pop_front();
            }
            session.forms.push_back(form.clone());
        }
        Ok(form)
    }

    /// Takes the number of a form back; `false` if it was handed in before, or never given out.
    pub fn hand_in(&self, cookie: &str, form: &str) -> bool {
        let mut open = self.lock();
        let Some(session) = open.get_mut(&key(cookie)) else { return false };
        let at = session.forms.iter().position(|open| same(open, form));
        at.and_then(|at| session.forms.remove(at)).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn holds(&self, idle: Duration, now: Instant) -> bool {
        now < self.ends && now.saturating_duration_since(self.seen) < idle
    }
}

/// Whether two secrets are the same, in a time that does not tell how much of them is.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    key(one) == key(other)
}

/// 32 random bytes in hexadecimal.
pub fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(canonical::hex(&bytes))
}

fn key(cookie: &str) -> String {
    canonical::sha256(cookie.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn sessions() -> Sessions {
        Sessions::within(Limits { idle: 15 * MINUTE, lifetime: 60 * MINUTE, most: 2 })
    }

    #[test]
    fn a_session_ends_when_idle_and_in_any_case_and_with_its_token() {
        let (sessions, start) = (sessions(), Instant::now());
        let idle = sessions.begin("token".to_owned(), None, start).unwrap();
        assert_eq!(sessions.find(&idle, start + 14 * MINUTE).unwrap().token, "token");
        assert!(sessions.find(&idle, start + 28 * MINUTE).is_some());
        assert!(sessions.find(&idle, start + 43 * MINUTE).is_none());
        let used = sessions.begin("token".to_owned(), None, start).unwrap();
        for minutes in (0..60).step_by(10) {
            assert!(sessions.find(&used, start + minutes * MINUTE).is_some(), "{minutes}");
        }
        assert!(sessions.find(&used, start + 60 * MINUTE).is_none());
        let short = sessions.begin("token".to_owned(), Some(2 * MINUTE), start).unwrap();
        assert!(sessions.find(&short, start + MINUTE).is_some());
        assert!(sessions.find(&short, start + 2 * MINUTE).is_none());
        let long = sessions.begin("token".to_owned(), Some(900 * MINUTE), start).unwrap();
        assert!(sessions.lock().get(&key(&long)).unwrap().ends == start + 60 * MINUTE);
    }

    #[test]
    fn one_session_too_many_ends_the_one_that_was_idle_for_longest() {
        let (sessions, start) = (sessions(), Instant::now());
        let first = sessions.begin("a".to_owned(), None, start).unwrap();
        let second = sessions.begin("b".to_owned(), None, start + MINUTE).unwrap();
        assert!(sessions.find(&first, start + 2 * MINUTE).is_some());
        let third = sessions.begin("c".to_owned(), None, start + 3 * MINUTE).unwrap();
        assert!(sessions.find(&second, start + 3 * MINUTE).is_none());
        assert!(sessions.find(&first, start + 3 * MINUTE).is_some());
        sessions.end(&third);
        assert!(sessions.find(&third, start + 3 * MINUTE).is_none());
    }

    #[test]
    fn a_form_is_handed_in_once_and_in_its_own_session() {
        let (sessions, start) = (sessions(), Instant::now());
        let mine = sessions.begin("a".to_owned(), None, start).unwrap();
        let other = sessions.begin("b".to_owned(), None, start).unwrap();
        let form = sessions.form(&mine).unwrap();
        assert!(!sessions.hand_in(&other, &form));
        assert!(sessions.hand_in(&mine, &form));
        assert!(!sessions.hand_in(&mine, &form));
        assert!(!sessions.hand_in(&mine, ""));
        let old = sessions.form(&mine).unwrap();
        for _ in 0..OPEN_FORMS {
            sessions.form(&mine).unwrap();
        }
        assert!(!sessions.hand_in(&mine, &old), "the oldest of too many is given up");
    }

    #[test]
    fn neither_cookie_nor_token_is_found_in_what_a_session_shows() {
        let sessions = sessions();
        let cookie = sessions.begin("secret-token".to_owned(), None, Instant::now()).unwrap();
        assert_eq!(cookie.len(), 64);
        let shown = format!("{sessions:?}");
        assert!(!shown.contains(&cookie) && !shown.contains("secret-token"), "{shown}");
    }
}
