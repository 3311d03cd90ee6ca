//! Who may use the host: users who log in, and tokens that programs show.
//!
//! All of it is in memory, and what changes goes to the journal. Passwords and secrets are only ever
//! kept as hashes: a slow one for passwords, which people choose, and a quick one for secrets, which
//! are 256 random bits. A session is a token of a user: it outlives the host, and is revoked alike.

use anyhow::Result;
use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use strowger_api::{
    Error,
    v1::{IssuedToken, LogIn, NewToken, NewUser, Role, Session, Token, User, UserDo, Who},
};
use strowger_journal::{AccountChange, Change, Entry, Holder, KeptToken, KeptUser, Store};
use strowger_model::Timestamp;
use tokio::{sync::Semaphore, task::spawn_blocking};

/// So long after it logged in, a user has to do so again.
const SESSION: Duration = Duration::from_secs(12 * 60 * 60);

/// Sessions of one user at the same time. One more ends the oldest.
const SESSIONS: usize = 20;

/// Passwords that are hashed at the same time: each takes 19 MiB and a processor.
const HASHING: usize = 2;

/// Characters of a password.
const PASSWORD: std::ops::RangeInclusive<usize> = 10..=200;

/// Users and tokens.
pub struct Accounts {
    known: Mutex<Known>,
    store: Option<Store>,
    hashing: Semaphore,
}

#[derive(Default)]
struct Known {
    users: BTreeMap<String, KeptUser>,
    /// By the hash of the secret.
    tokens: HashMap<[u8; 32], KeptToken>,
}

impl Accounts {
    /// Those of the journal; without one, they are forgotten with the process.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn open(store: Option<Store>) -> Result<Self> {
        let mut known = Known::default();
        if let Some(store) = &store {
            known.users =
                store.users()?.into_iter().map(|user| (user.name.clone(), user)).collect();
            known.tokens = store.tokens()?.into_iter().map(|token| (token.key, token)).collect();
        }
        Ok(Self { known: Mutex::new(known), store, hashing: Semaphore::new(HASHING) })
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands changes to the journal, in the order in which they are made.
    fn keep(&self, changes: Vec<AccountChange>) {
        let changes = changes.into_iter().map(|change| Change::Account(Box::new(change))).collect();
        if let Some(store) = &self.store {
            store.submit(Entry { changes, release: None });
        }
    }

    /// Everybody who may log in.
    pub(crate) fn users(&self) -> Vec<User> {
        self.known().users.values().map(user).collect()
    }

    /// Adds a user.
    pub(crate) async fn add_user(&self, new: NewUser, now: Timestamp) -> Result<User, Error> {
        is_name("the name of a user", &new.name)?;
        let password = self.hash(new.password).await?;
        let mut known = self.known();
        if known.users.contains_key(&new.name) {
            return Err(Error::conflict(format!("there is a user {:?} already", new.name)));
        }
        let role = new.role.as_str().to_owned();
        let added = KeptUser { name: new.name, role, password, since: now };
        known.users.insert(added.name.clone(), added.clone());
        self.keep(vec![AccountChange::User(added.clone())]);
        Ok(user(&added))
    }

    /// Does something with a user.
    pub(crate) async fn change_user(&self, name: &str, what: UserDo) -> Result<(), Error> {
        let password = match &what {
            UserDo::Password { password } => Some(self.hash(password.clone()).await?),
            UserDo::Role { .. } | UserDo::Remove => None,
        };
        let mut known = self.known();
        let Some(user) = known.users.get_mut(name) else {
            return Err(Error::not_found(format!("there is no user {name:?}")));
        };
        let mut changes = Vec::new();
        match (what, password) {
            (UserDo::Role { role }, _) => {
                user.role = role.as_str().to_owned();
                changes.push(AccountChange::User(user.clone()));
            }
            (UserDo::Password { .. }, password) => {
                user.password = password.unwrap_or_default();
                changes.push(AccountChange::User(user.clone()));
                changes.extend(known.end_sessions(name));
            }
            (UserDo::Remove, _) => {
                known.users.remove(name);
                changes.push(AccountChange::NoUser(name.to_owned()));
                changes.extend(known.end_sessions(name));
            }
        }
        self.keep(changes);
        Ok(())
    }

    /// The tokens of programs that have not expired, the oldest first.
    pub(crate) fn tokens(&self, now: Timestamp) -> Vec<Token> {
        let known = self.known();
        let valid = known.tokens.values().filter(|kept| kept.until > now);
        let mut tokens: Vec<Token> = valid.filter_map(token).collect();
        tokens.sort_by(|one, other| (one.made, &one.id).cmp(&(other.made, &other.id)));
        tokens
    }

    /// Makes a token.
    pub(crate) fn issue(&self, new: NewToken, now: Timestamp) -> Result<IssuedToken, Error> {
        is_name("the label of a token", &new.label)?;
        if !(1..=3660).contains(&new.days) {
            return Err(Error::bad_request("a token is good for 1 to 3660 days"));
        }
        let until = now.plus(Duration::from_secs(u64::from(new.days) * 24 * 60 * 60));
        let holder = Holder::Program { label: new.label, role: new.role.as_str().to_owned() };
        let (secret, kept) = make(holder, now, until)?;
        let issued = token(&kept).ok_or_else(|| Error::internal("the token has no role"))?;
        self.take(&mut self.known(), kept, now);
        Ok(IssuedToken { token: issued, secret })
    }

    /// A token or a session is good for nothing from now on.
    pub(crate) fn revoke(&self, id: &str) -> Result<(), Error> {
        let mut known = self.known();
        let before = known.tokens.len();
        known.tokens.retain(|_, token| token.id != id);
        if known.tokens.len() == before {
            return Err(Error::not_found(format!("there is no token {id:?}")));
        }
        self.keep(vec![AccountChange::NoToken(id.to_owned())]);
        Ok(())
    }

    /// Begins a session.
    pub(crate) async fn log_in(&self, asked: LogIn, now: Timestamp) -> Result<Session, Error> {
        let LogIn { name, password } = asked;
        let hash = self.known().users.get(&name).map(|user| user.password.clone());
        let right = match hash.clone() {
            Some(hash) => self.is(password, hash).await?,
            // It takes as long as if there were such a user.
            None => self.hash("nobody's password".to_owned()).await.map(|_| false)?,
        };
        let mut known = self.known();
        // Somebody may have changed the user meanwhile.
        let user = known.users.get(&name).filter(|user| Some(&user.password) == hash.as_ref());
        let role = user.filter(|_| right).and_then(|user| Role::named(&user.role));
        let role = role.ok_or_else(|| Error::not_known("the name or the password is wrong"))?;
        let until = now.plus(SESSION);
        let (secret, kept) = make(Holder::User(name.clone()), now, until)?;
        let who = Who { name: name.clone(), role, id: kept.id.clone() };
        let mut sessions: Vec<&KeptToken> = known.sessions(&name).collect();
        sessions.sort_by_key(|session| session.made);
        let too_many = (sessions.len() + 1).saturating_sub(SESSIONS);
        let oldest: Vec<[u8; 32]> = sessions.iter().take(too_many).map(|it| it.key).collect();
        let ended = oldest.iter().filter_map(|key| known.tokens.remove(key));
        self.keep(ended.map(|it| AccountChange::NoToken(it.id)).collect());
        self.take(&mut known, kept, now);
        Ok(Session { secret, who, until })
    }

    /// Who shows a secret.
    pub(crate) fn who(&self, secret: &str, now: Timestamp) -> Result<Who, Error> {
        let nobody = || Error::not_known("this is no token, or it has expired or was revoked");
        let known = self.known();
        let token = known.tokens.get(blake3::hash(secret.as_bytes()).as_bytes());
        let token = token.filter(|token| token.until > now).ok_or_else(nobody)?;
        let (name, role) = match &token.holder {
            Holder::User(name) => (name, known.users.get(name).map(|user| &user.role)),
            Holder::Program { label, role } => (label, Some(role)),
        };
        let role = role.and_then(|role| Role::named(role)).ok_or_else(nobody)?;
        Ok(Who { name: name.clone(), role, id: token.id.clone() })
    }

    /// Takes a new token, and forgets those that have expired.
    fn take(&self, known: &mut Known, token: KeptToken, now: Timestamp) {
        let expired = known.tokens.extract_if(|_, token| token.until <= now);
        let mut changes: Vec<_> =
            expired.map(|(_, token)| AccountChange::NoToken(token.id)).collect();
        known.tokens.insert(token.key, token.clone());
        changes.push(AccountChange::Token(token));
        self.keep(changes);
    }

    /// Hashes a password, if it is a good one.
    async fn hash(&self, password: String) -> Result<String, Error> {
        if !PASSWORD.contains(&password.chars().count()) {
            return Err(Error::bad_request("a password has 10 to 200 characters"));
        }
        let _permit = self.hashing.acquire().await.map_err(Error::internal)?;
        let hashed = spawn_blocking(move || {
            let hash: Result<PasswordHash, _> =
                Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string())
        });
        hashed.await.map_err(Error::internal)?.map_err(Error::internal)
    }

    /// Whether this is the password.
    async fn is(&self, password: String, hash: String) -> Result<bool, Error> {
        let _permit = self.hashing.acquire().await.map_err(Error::internal)?;
        let verified = spawn_blocking(move || {
            let hash = PasswordHash::new(&hash);
            let verify =
                |hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
            hash.is_ok_and(verify)
        });
        verified.await.map_err(Error::internal)
    }
}

impl Known {
    fn sessions<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a KeptToken> {
        let is_of =
            move |token: &&KeptToken| matches!(&token.holder, Holder::User(of) if of == name);
        self.tokens.values().filter(is_of)
    }

    fn end_sessions(&mut self, name: &str) -> Vec<AccountChange> {
        let is_of = |token: &KeptToken| matches!(&token.holder, Holder::User(of) if of == name);
        let ended = self.tokens.extract_if(|_, token| is_of(token));
        ended.map(|(_, token)| AccountChange::NoToken(token.id)).collect()
    }
}

fn user(kept: &KeptUser) -> User {
    // A later Strowger may have roles that this one does not know.
    let role = Role::named(&kept.role).unwrap_or(Role::Viewer);
    User { name: kept.name.clone(), role, since: kept.since }
}

/// A token as programs know it; none: it is a session.
fn token(kept: &KeptToken) -> Option<Token> {
    let Holder::Program { label, role } = &kept.holder else { return None };
    let KeptToken { id, made, until, .. } = kept;
    let (id, label, role) = (id.clone(), label.clone(), Role::named(role)?);
    Some(Token { id, label, role, made: *made, until: *until })
}

/// A token with its secret.
fn make(holder: Holder, made: Timestamp, until: Timestamp) -> Result<(String, KeptToken), Error> {
    let secret = format!("strowger-{}", random(32)?);
    let key = *blake3::hash(secret.as_bytes()).as_bytes();
    Ok((secret, KeptToken { id: random(6)?, key, holder, made, until }))
}

/// So many random bytes, as hexadecimal digits.
fn random(bytes: usize) -> Result<String, Error> {
    let mut filled = vec![0; bytes];
    getrandom::fill(&mut filled).map_err(Error::internal)?;
    let mut text = String::new();
    for byte in filled {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

fn is_name(what: &str, name: &str) -> Result<(), Error> {
    let good = |sign: char| sign.is_alphanumeric() || ".-_@".contains(sign);
    match (1..=64).contains(&name.chars().count()) && name.chars().all(good) {
        true => Ok(()),
        false => Err(Error::bad_request(format!(
            "{what} has 1 to 64 letters, digits and `.`, `-`, `_`, `@`: {name:?}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use strowger_api::Kind;
    use strowger_journal::Options;

    const NOON: Timestamp = Timestamp(1_795_000_000_000);

    fn new(name: &str, role: Role) -> NewUser {
        NewUser { name: name.to_owned(), role, password: "correct horse".to_owned() }
    }

    fn log_in(name: &str, password: &str) -> LogIn {
        LogIn { name: name.to_owned(), password: password.to_owned() }
    }

    fn program(label: &str, days: u32) -> NewToken {
        NewToken { label: label.to_owned(), role: Role::Operator, days }
    }

    #[tokio::test]
    async fn who_has_the_password_logs_in_until_something_ends_the_session() {
        let accounts = Accounts::open(None).unwrap();
        accounts.add_user(new("an", Role::Agent), NOON).await.unwrap();
        for (name, password) in [("an", "correct horsf"), ("bo", "correct horse"), ("an", "")] {
            let refused = accounts.log_in(log_in(name, password), NOON).await.map(|_| ());
            assert_eq!(refused.unwrap_err().kind, Kind::NotKnown, "{name} {password}");
        }
        let begin = async || accounts.log_in(log_in("an", "correct horse"), NOON).await.unwrap();
        let session = begin().await;
        let who = |secret: &str, at| accounts.who(secret, at).map(|who| (who.name, who.role));
        assert_eq!(who(&session.secret, NOON).unwrap(), ("an".to_owned(), Role::Agent));
        assert!(who(&session.secret, session.until).is_err(), "it has expired");
        assert!(who("strowger-", NOON).is_err());

        accounts.change_user("an", UserDo::Role { role: Role::Admin }).await.unwrap();
        assert_eq!(who(&session.secret, NOON).unwrap().1, Role::Admin, "at once");
        accounts.revoke(&session.who.id).unwrap();
        assert!(who(&session.secret, NOON).is_err(), "logged out");
        let password = "another horse".to_owned();
        for what in [UserDo::Password { password }, UserDo::Remove] {
            let name_is_known = accounts.log_in(log_in("an", "correct horse"), NOON).await;
            let session = match name_is_known {
                Ok(session) => session,
                Err(_) => accounts.log_in(log_in("an", "another horse"), NOON).await.unwrap(),
            };
            accounts.change_user("an", what).await.unwrap();
            assert!(who(&session.secret, NOON).is_err());
        }
        assert!(accounts.log_in(log_in("an", "another horse"), NOON).await.is_err(), "removed");
    }

    #[tokio::test]
    async fn of_too_many_sessions_the_oldest_ends() {
        let accounts = Accounts::open(None).unwrap();
        accounts.add_user(new("an", Role::Agent), NOON).await.unwrap();
        let mut secrets = Vec::new();
        for nth in 0..=SESSIONS {
            let at = NOON.plus(Duration::from_secs(nth as u64));
            let session = accounts.log_in(log_in("an", "correct horse"), at).await.unwrap();
            secrets.push(session.secret);
        }
        let known = |secret: &String| accounts.who(secret, NOON).is_ok();
        assert!(!known(&secrets[0]) && secrets[1..].iter().all(known));
    }

    #[tokio::test]
    async fn all_of_it_outlives_the_host_and_nothing_secret_is_in_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("strowger.db");
        let open = || {
            let backend = strowger_store_sqlite::Sqlite::at(file.clone());
            Store::open(&backend, Options::default()).unwrap()
        };
        let store = open();
        let accounts = Accounts::open(Some(store.clone())).unwrap();
        accounts.add_user(new("an", Role::Supervisor), NOON).await.unwrap();
        accounts.add_user(new("bo", Role::Viewer), NOON).await.unwrap();
        accounts.change_user("bo", UserDo::Remove).await.unwrap();
        let session = accounts.log_in(log_in("an", "correct horse"), NOON).await.unwrap();
        let kept = accounts.issue(program("wallboard", 2), NOON).unwrap();
        let revoked = accounts.issue(program("old", 1), NOON).unwrap();
        accounts.revoke(&revoked.token.id).unwrap();
        assert!(store.flush(Duration::from_secs(20)));
        drop((accounts, store));

        let accounts = Accounts::open(Some(open())).unwrap();
        let users = accounts.users();
        assert_eq!((users.len(), &*users[0].name, users[0].role), (1, "an", Role::Supervisor));
        assert_eq!(accounts.tokens(NOON), [kept.token]);
        assert_eq!(accounts.who(&kept.secret, NOON).unwrap().role, Role::Operator);
        assert!(accounts.who(&session.secret, NOON).is_ok());
        assert!(accounts.who(&revoked.secret, NOON).is_err());
        let bytes = std::fs::read_dir(folder.path()).unwrap().flatten();
        let bytes: Vec<u8> = bytes.flat_map(|entry| std::fs::read(entry.path()).unwrap()).collect();
        let says = |text: &str| bytes.windows(text.len()).any(|it| it == text.as_bytes());
        assert!(says("wallboard") && says("$argon2id$"));
        assert!(!says("correct horse") && !says(&kept.secret) && !says(&session.secret));

        let later = NOON.plus(Duration::from_secs(2 * 24 * 60 * 60));
        assert!(accounts.tokens(later).is_empty() && accounts.who(&kept.secret, later).is_err());
    }

    #[tokio::test]
    async fn what_is_not_good_is_refused() {
        let accounts = Accounts::open(None).unwrap();
        accounts.add_user(new("an", Role::Agent), NOON).await.unwrap();
        let kind = |answer: Result<User, Error>| answer.unwrap_err().kind;
        assert_eq!(kind(accounts.add_user(new("an", Role::Admin), NOON).await), Kind::Conflict);
        for name in ["", "a b", "<b>", &"a".repeat(65)] {
            let answer = accounts.add_user(new(name, Role::Admin), NOON).await;
            assert_eq!(kind(answer), Kind::BadRequest, "{name}");
        }
        let short = NewUser { password: "too short".to_owned(), ..new("bo", Role::Agent) };
        assert_eq!(kind(accounts.add_user(short, NOON).await), Kind::BadRequest);
        let nobody = accounts.change_user("bo", UserDo::Remove).await.unwrap_err();
        assert_eq!(nobody.kind, Kind::NotFound);
        assert_eq!(accounts.revoke("x").unwrap_err().kind, Kind::NotFound);
        for days in [0, 3661] {
            let refused = accounts.issue(program("a", days), NOON).map(|_| ());
            assert_eq!(refused.unwrap_err().kind, Kind::BadRequest);
        }
    }
}
