//! The credentials of a draft: read by the platform's adapter, and only for an address that we connect to.

use std::net::Ipv4Addr;

use chrono::DateTime;
use serde_json::{Map, Value};
use url::Url;
use uuid::Uuid;

use super::{Addresses, MAX_NAME, Read, kept};
use crate::broadcast::guard::Refused;
use crate::broadcast::message::plain;
use crate::broadcast::platforms::{Act, CredentialCode, CredentialFault, Credentials, Stamp, adapter};
use crate::domain::faults::{FieldFault, FieldFaults};
use crate::domain::group::Platform;
use crate::domain::language::Language;
use crate::domain::text::one_line;
use crate::vault;

/// The credentials, and the secret in them if we generated it; or nothing, and what is wrong.
pub fn read(
    platform: Platform,
    given: Map<String, Value>,
    addresses: Addresses<'_>,
    faults: &mut FieldFaults,
) -> Option<(Credentials, Option<String>)> {
    let given = known(platform, given, faults);
    kept(checked(platform, &given, addresses), faults)
}

/// The fields that the platform has; each other field is faulted as unknown.
fn known(platform: Platform, given: Map<String, Value>, faults: &mut FieldFaults) -> Map<String, Value> {
    let fields = adapter(platform).profile().fields;
    let (known, unknown): (Map<_, _>, Map<_, _>) =
        given.into_iter().partition(|(name, _)| fields.iter().any(|field| field.name == *name));
    let told = unknown.into_iter().map(|(name, _)| {
        (format!("credentials.{}", one_line(&name, MAX_NAME)), sentence(&name, CredentialCode::Unknown))
    });
    faults.extend(told);
    known
}

fn checked(
    platform: Platform,
    given: &Map<String, Value>,
    addresses: Addresses<'_>,
) -> Read<(Credentials, Option<String>)> {
    let at = |field: &str, fault| Err((format!("credentials.{field}"), fault));
    let adapter = adapter(platform);
    let read = match adapter.credentials(given, &vault::random(), addresses.guard.gateway(platform)) {
        Ok(read) => read,
        Err(CredentialFault { field, code }) => return at(&field, sentence(&field, code)),
    };
    let refused = match addresses.guard.target(platform, &first_call(&read)) {
        Err(refused) => Some(refusal(refused)),
        // Only a gateway may be a loopback address; any other target is outside.
        Ok(target) if addresses.inside && !target.admits(Ipv4Addr::LOCALHOST.into()) => {
            Some("credential_inside")
        }
        Ok(_) => None,
    };
    if let Some(code) = refused {
        // A platform that asks for an address asks for it first.
        let field = adapter.profile().fields.first().map_or("url", |field| field.name);
        return at(field, FieldFault::new(code));
    }
    let told = given.get("secret").and_then(Value::as_str).is_some_and(|secret| !secret.trim().is_empty());
    let made = read.secret.clone().filter(|_| !told);
    Ok((read, made))
}

/// The address to which a message there would be sent.
fn first_call(credentials: &Credentials) -> Url {
    let (adapter, act) = (adapter(credentials.platform), Act::Say(0));
    let body = adapter.compose(&plain(Language::default(), "broadcast-test", &[], DateTime::UNIX_EPOCH), act);
    let stamp = Stamp::new(DateTime::UNIX_EPOCH, Uuid::nil());
    let body = body.expect("words can be said on every platform");
    adapter.address(act, &body, credentials, &stamp).url
}

/// The sentence for a fault of credentials.
fn sentence(field: &str, code: CredentialCode) -> FieldFault {
    FieldFault::new(match code {
        CredentialCode::Missing if field == "url" => "credential_missing",
        CredentialCode::Missing => "credential_missing_field",
        CredentialCode::Unknown => "credential_unknown",
        CredentialCode::NotText => "credential_not_text",
        CredentialCode::TooLong => "credential_too_long",
        CredentialCode::NotAnAddress if field == "url" => "credential_not_an_address",
        CredentialCode::NotAnAddress | CredentialCode::BadForm => "credential_bad_form",
        CredentialCode::Belongs(platform) | CredentialCode::Unfit(platform) => {
            let values = vec![("platform", platform.as_str().to_owned())];
            let unfit = matches!(code, CredentialCode::Unfit(_));
            return FieldFault {
                code: if unfit { "credential_unfit" } else { "credential_belongs" },
                values,
            };
        }
        CredentialCode::Incomplete => "credential_incomplete",
        CredentialCode::BadSecret => "credential_bad_secret",
        CredentialCode::Either => "credential_either",
    })
}

/// The sentence for an address that we do not connect to.
const fn refusal(refused: Refused) -> &'static str {
    match refused {
        Refused::Scheme => "credential_not_an_address",
        Refused::Host | Refused::Address => "credential_host",
        Refused::Port => "credential_port",
        Refused::Path => "credential_incomplete",
        Refused::UserInfo | Refused::Fragment => "credential_extra",
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{WECOM, codes, draft};
    use crate::broadcast::guard::Guard;

    #[test]
    fn an_address_of_another_platform_is_told_as_such() {
        let faults = draft(Some("dingtalk"), WECOM).new_group(&Guard::default()).unwrap_err();
        assert_eq!(codes(&faults), [("credentials.url", "credential_belongs")]);
    }

    #[test]
    fn addresses_we_do_not_connect_to_are_refused_before_anything_is_kept() {
        for (platform, url, code) in [
            ("webhook", "https://127.0.0.1/x", "credential_host"),
            ("webhook", "http://hooks.example.org/x", "credential_not_an_address"),
            ("webhook", "https://hooks.example.org:8443/x", "credential_port"),
            ("webhook", "https://me@hooks.example.org/x", "credential_extra"),
            ("wecom", "https://evil.example.org/cgi-bin/webhook/send?key=1", "credential_host"),
            ("wecom", "693a91f6", "credential_not_an_address"),
            ("wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send", "credential_incomplete"),
            ("slack", "https://hooks.slack.com/triggers/T/1/x", "credential_unfit"),
            ("teams", "https://contoso.webhook.office.com/webhookb2/a", "credential_unfit"),
        ] {
            let faults = draft(Some(platform), url).new_group(&Guard::default()).unwrap_err();
            assert_eq!(codes(&faults), [("credentials.url", code)], "{url}");
        }
    }

    #[test]
    fn a_webhook_without_a_secret_gets_one_to_be_shown() {
        let new = draft(Some("webhook"), "https://hooks.example.org/x").new_group(&Guard::default()).unwrap();
        assert!(new.secret.as_deref().is_some_and(|s| s.starts_with("whsec_")), "{new:?}");
        assert_eq!(new.secret, new.credentials.secret);
        let mut own = draft(Some("webhook"), "https://hooks.example.org/x");
        let secret = new.secret.unwrap();
        own.credentials.as_mut().unwrap().insert("secret".to_owned(), secret.into());
        assert_eq!(own.new_group(&Guard::default()).unwrap().secret, None);
    }
}
