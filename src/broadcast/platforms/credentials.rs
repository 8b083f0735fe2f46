//! What a group admin hands over so that we can post into a chat, and how it is kept.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;
use url::Url;

use super::{Field, adapter, digest, recognise};
use crate::domain::group::Platform;

/// The longest address we keep, in bytes.
const ADDRESS: usize = 2048;
/// The longest secret or keyword, in bytes.
const SHORT: usize = 256;
/// How long requests are signed with a replaced secret, too.
const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// The credentials of one chat. Stored sealed; `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    pub platform: Platform,
    /// The robot's address as its vendor gave it, normalised; with a token the origin of the server.
    pub url: String,
    /// What requests are signed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Secrets that were replaced, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retired: Vec<Retired>,
    /// A word that the chat's filter demands in every message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyword: Option<String>,
    /// The token of an account that groups share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The chat among those of the account: channel, chat id, room id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    /// The thread within the chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thread: Option<String>,
}

/// A secret that was replaced. Requests are signed with it, too, until its time is over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    pub secret: String,
    pub until: DateTime<Utc>,
}

impl Credentials {
    /// Credentials that consist of an address alone.
    pub const fn at(platform: Platform, url: String) -> Credentials {
        Credentials {
            platform,
            url,
            secret: None,
            retired: Vec::new(),
            keyword: None,
            token: None,
            chat: None,
            thread: None,
        }
    }

    /// The same credentials with a new secret, made of `random`; the present one stays valid for 24 hours.
    /// `None` where the platform's secrets are not ours to make.
    pub fn renewed(mut self, random: &[u8; 32], now: DateTime<Utc>) -> Option<Credentials> {
        let given = Map::from_iter([("url".to_owned(), self.url.as_str().into())]);
        let made = adapter(self.platform).credentials(&given, random, None).ok()?.secret?;
        self.retired.retain(|old| old.until > now);
        let replaced = self.secret.replace(made);
        self.retired.extend(replaced.map(|secret| Retired { secret, until: now + OVERLAP }));
        Some(self)
    }

    /// The secrets that a request made at `now` is signed with, the present one first.
    pub(super) fn secrets(&self, now: DateTime<Utc>) -> impl Iterator<Item = &str> {
        let retired = self.retired.iter().filter(move |old| old.until > now).rev();
        self.secret.as_deref().into_iter().chain(retired.map(|old| old.secret.as_str()))
    }

    /// The address, parsed.
    pub(super) fn address(&self) -> Url {
        Url::parse(&self.url).expect("credentials are only made from a parsed address")
    }

    /// The address with another path, without a query; `path` is percent-encoded already.
    pub(super) fn address_of(&self, path: &str) -> Url {
        let mut url = self.address();
        url.set_query(None);
        url.set_path(path);
        url
    }

    /// The last four characters of what is secret: all that is ever shown again.
    pub fn last4(&self) -> String {
        let secret = self.token.as_deref().unwrap_or(&self.url);
        let tail: Vec<char> = secret.chars().rev().take(4).collect();
        tail.into_iter().rev().collect()
    }

    /// Equal for the same robot in the same chat, whatever its secret or keyword: a digest, so that it may be
    /// stored and compared in the clear.
    pub fn address_key(&self) -> String {
        let url = self.address();
        let or_none = |part: &Option<String>| part.clone().unwrap_or_default();
        let (token, chat, thread) = (or_none(&self.token), or_none(&self.chat), or_none(&self.thread));
        let (path, query) = adapter(self.platform).names_robot(&url);
        let mut parts = vec![self.platform.as_str(), url.host_str().unwrap_or_default(), &path, &query];
        // Left out where they are absent, so that what was stored before is still found.
        parts
            .extend([&token, &chat, &thread].into_iter().map(String::as_str).filter(|part| !part.is_empty()));
        digest(&parts)
    }

    /// Whether these are for the same robot in the same chat, though its token may be another one. Its
    /// messages are still its own then. It must not be connected as the same, because anybody may claim a
    /// token.
    pub fn is_same_robot(&self, other: &Credentials) -> bool {
        self.clone().of_owner().address_key() == other.clone().of_owner().address_key()
    }

    /// Whether these are for the same account, perhaps in another chat, and that finds its messages again wherever
    /// they stand.
    pub fn is_same_account(&self, other: &Credentials) -> bool {
        let account = |one: &Credentials| {
            Credentials { chat: None, thread: None, ..one.clone().of_owner() }.address_key()
        };
        self.token.is_some() && adapter(self.platform).tells_chats() && account(self) == account(other)
    }

    /// The same with as much of the token as stays when it is replaced.
    fn of_owner(self) -> Credentials {
        let token = self.token.as_deref().map(|token| adapter(self.platform).owner(token).to_owned());
        Credentials { token, ..self }
    }

    /// Whether what stands under a reference stands in another chat than this, which its group has left.
    pub fn is_elsewhere(&self, reference: &str) -> bool {
        adapter(self.platform).chat(reference).is_some_and(|chat| self.chat.as_deref() != Some(chat))
    }

    /// The account that speaks in this chat, where it speaks in others, too: a digest. Its limits and faults
    /// are those of all its chats. Discord counts all webhooks of one sender together:
    /// <https://docs.discord.com/developers/topics/rate-limits#global-rate-limit>.
    pub fn account(&self) -> Option<String> {
        let host = self.host();
        match (&self.token, self.platform) {
            (Some(token), platform) => Some(digest(&["account", platform.as_str(), &host, token])),
            (None, Platform::Discord) => Some(digest(&["account", Platform::Discord.as_str(), &host])),
            (None, _) => None,
        }
    }

    /// Host and port of the server that requests go to.
    pub fn host(&self) -> String {
        let url = self.address();
        url[url::Position::BeforeHost..url::Position::AfterPort].to_owned()
    }

    /// A platform's words with the credentials blotted out: some platforms repeat what they were asked.
    pub fn redact(&self, words: &str) -> String {
        self.ways_in().iter().fold(words.to_owned(), |words, secret| words.replace(secret, "***"))
    }

    /// The same for words whose end was cut off; it also drops the last of them, which may be the beginning
    /// of a secret.
    pub fn redact_cut(&self, words: &str) -> String {
        let longest = self.ways_in().iter().map(String::len).max().unwrap_or_default();
        let mut words = self.redact(words);
        // Half a character at the cut has become a whole U+FFFD, which takes more room.
        let sure = words.len().saturating_sub(longest + char::REPLACEMENT_CHARACTER.len_utf8());
        words.truncate(words.floor_char_boundary(sure));
        words
    }

    /// The secret parts of the credentials.
    fn ways_in(&self) -> Vec<String> {
        let url = self.address();
        let query: Vec<String> = url.query_pairs().map(|(_, value)| value.into_owned()).collect();
        let last = url.path_segments().and_then(|mut s| s.next_back().map(str::to_owned));
        let secrets = [Some(self.url.clone()), self.token.clone(), self.secret.clone(), last];
        let retired = self.retired.iter().map(|old| old.secret.clone());
        let secrets = secrets.into_iter().flatten().chain(retired).chain(query);
        // Anything shorter is not a secret, and blotting it out would garble the words.
        secrets.filter(|s| s.len() >= 8).collect()
    }

    /// The same credentials for a chat that was given a new id.
    #[must_use]
    pub fn moved_to(self, chat: String) -> Credentials {
        Credentials { chat: Some(chat), ..self }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("platform", &self.platform).finish_non_exhaustive()
    }
}

/// Why credentials cannot be right.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field}: {}", code.as_str())]
pub struct CredentialFault {
    /// The field of the `credentials` object.
    pub field: String,
    pub code: CredentialCode,
}

/// What is wrong with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialCode {
    Missing,
    /// The platform has no such field.
    Unknown,
    /// Not a text, or one with control characters.
    NotText,
    TooLong,
    /// Not an https address; often the bare key was pasted.
    NotAnAddress,
    /// The address is another platform's.
    Belongs(Platform),
    /// Right host or unknown host, but not the address of a robot; often cut off while copying.
    Incomplete,
    /// The whole address of something on that platform through which we cannot speak.
    Unfit(Platform),
    /// Not a secret of the form the platform gives out.
    BadSecret,
    /// Not a token, an id or a name of the form the platform has.
    BadForm,
    /// Both an address and a token, of which one is enough.
    Either,
}

impl CredentialCode {
    /// The name in problems; `credential-<name>` is its sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            CredentialCode::Missing => "missing",
            CredentialCode::Unknown => "unknown",
            CredentialCode::NotText => "not_text",
            CredentialCode::TooLong => "too_long",
            CredentialCode::NotAnAddress => "not_an_address",
            CredentialCode::Belongs(_) => "belongs_elsewhere",
            CredentialCode::Incomplete => "incomplete",
            CredentialCode::Unfit(_) => "unfit",
            CredentialCode::BadSecret => "bad_secret",
            CredentialCode::BadForm => "bad_form",
            CredentialCode::Either => "either",
        }
    }
}

/// The `credentials` object that is being read.
pub(super) struct Given<'a>(&'a Map<String, Value>);

impl<'a> Given<'a> {
    /// Refuses fields the platform does not have.
    pub(super) fn new(given: &'a Map<String, Value>, fields: &[Field]) -> Result<Given<'a>, CredentialFault> {
        match given.keys().find(|key| fields.iter().all(|field| field.name != key.as_str())) {
            Some(key) => Err(fault(key, CredentialCode::Unknown)),
            None => Ok(Given(given)),
        }
    }

    /// A text, trimmed; blank and `null` count as absent.
    pub(super) fn text(&self, field: &str, longest: usize) -> Result<Option<&'a str>, CredentialFault> {
        let text = match self.0.get(field) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::String(text)) => text.trim(),
            Some(_) => return Err(fault(field, CredentialCode::NotText)),
        };
        if text.chars().any(char::is_control) {
            Err(fault(field, CredentialCode::NotText))
        } else if text.len() > longest {
            Err(fault(field, CredentialCode::TooLong))
        } else {
            Ok(Some(text).filter(|t| !t.is_empty()))
        }
    }

    /// A secret or keyword.
    pub(super) fn short(&self, field: &str) -> Result<Option<String>, CredentialFault> {
        Ok(self.text(field, SHORT)?.map(str::to_owned))
    }

    /// A token, an id or a name that must be there and have its form. A program may write an id as a
    /// whole number.
    pub(super) fn formed(&self, field: &str, form: fn(&str) -> bool) -> Result<String, CredentialFault> {
        self.written(field, |text| form(text).then(|| text.to_owned()))
    }

    /// As [`Given::formed`], but in the one way in which `write` writes it, however it was given; `None` where
    /// it does not have its form.
    pub(super) fn written(
        &self,
        field: &str,
        write: impl Fn(&str) -> Option<String>,
    ) -> Result<String, CredentialFault> {
        let number = self.0.get(field).and_then(Value::as_i64).map(|number| number.to_string());
        let given = match number {
            Some(number) => Some(number),
            None => self.text(field, ADDRESS)?.map(str::to_owned),
        };
        match given {
            Some(text) => write(&text).ok_or_else(|| fault(field, CredentialCode::BadForm)),
            None => Err(fault(field, CredentialCode::Missing)),
        }
    }

    /// Whether something was given.
    pub(super) fn has(&self, field: &str) -> bool {
        self.0.get(field).is_some_and(|value| value.as_str().is_none_or(|text| !text.trim().is_empty()))
    }

    /// The robot's address in the field `url`.
    pub(super) fn url(&self, platform: Platform) -> Result<Url, CredentialFault> {
        self.url_unless(platform, |_| false)
    }

    /// The robot's address in the field `url`; `unfit` recognises what people mistake for one.
    pub(super) fn url_unless(
        &self,
        platform: Platform,
        unfit: fn(&Url) -> bool,
    ) -> Result<Url, CredentialFault> {
        let refuse = |code| Err(fault("url", code));
        let Some(text) = self.text("url", ADDRESS)? else { return refuse(CredentialCode::Missing) };
        let url = match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "https" | "http") => url,
            _ => return refuse(CredentialCode::NotAnAddress),
        };
        match recognise(text) {
            Some(other) if other != platform => refuse(CredentialCode::Belongs(other)),
            _ if unfit(&url) => refuse(CredentialCode::Unfit(platform)),
            _ if !(adapter(platform).profile().path)(&url) => refuse(CredentialCode::Incomplete),
            _ => Ok(url),
        }
    }
}

/// The server of a platform whose credentials name none: the operator's own, or the vendor's.
pub(super) fn origin(gateway: Option<&Url>, vendor: &str) -> String {
    match gateway {
        Some(url) => format!("{}/", url.origin().ascii_serialization()),
        None => vendor.to_owned(),
    }
}

/// Whether a path is written as vendors write theirs: percent-encoded is only what must be, in capitals
/// (RFC 3986 §6.2.2). Otherwise one robot would have many addresses.
pub(super) fn is_plain(path: &str) -> bool {
    let must_be = |code: &str| {
        let capital = code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
        let byte = u8::from_str_radix(code, 16).ok().filter(|_| capital);
        byte.is_some_and(|byte| !byte.is_ascii_alphanumeric() && !b"-._~".contains(&byte))
    };
    path.split('%').skip(1).all(|rest| rest.get(..2).is_some_and(must_be))
}

/// Only digits: the ids of Discord.
pub(super) fn is_number(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A fault at `field`.
pub(super) fn fault(field: &str, code: CredentialCode) -> CredentialFault {
    CredentialFault { field: field.to_owned(), code }
}
