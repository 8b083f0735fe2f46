//! Verifies AWS Signature Version 4, by AWS's document:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html>

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use seventytwo::domain::hex::hex;
use sha2::{Digest, Sha256};

/// The credentials of the bucket's user, and the bucket's region.
#[derive(Clone, Copy)]
pub struct Keys {
    pub id: &'static str,
    pub secret: &'static str,
    pub region: &'static str,
}

/// The signed parts of a request.
pub struct Request<'a> {
    pub method: &'a str,
    /// As sent: encoded once.
    pub path: &'a str,
    /// As sent.
    pub query: &'a str,
    /// Header names in lower case, with their values.
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: &'a [u8],
}

impl Request<'_> {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// Whether the request is signed with these keys; else the code of S3's error.
    pub fn check(&self, keys: &Keys, now: DateTime<Utc>) -> Result<(), &'static str> {
        const MALFORMED: &str = "AuthorizationHeaderMalformed";
        let told = self.header("authorization").ok_or("AccessDenied")?;
        let told = told.strip_prefix("AWS4-HMAC-SHA256 ").ok_or(MALFORMED)?;
        let part = |name| told.split(',').find_map(|part| part.trim().strip_prefix(name)).ok_or(MALFORMED);
        let (credential, signed) = (part("Credential=")?, part("SignedHeaders=")?);
        let (id, scope) = credential.split_once('/').ok_or(MALFORMED)?;
        if id != keys.id {
            return Err("InvalidAccessKeyId");
        }
        let date = self.header("x-amz-date").ok_or("AccessDenied")?;
        let at = NaiveDateTime::parse_from_str(date, "%Y%m%dT%H%M%SZ").map_err(|_| "AccessDenied")?.and_utc();
        if (now - at).abs() > TimeDelta::minutes(15) {
            return Err("RequestTimeTooSkewed");
        }
        if scope != format!("{}/{}/s3/aws4_request", &date[..8], keys.region) {
            return Err(MALFORMED);
        }
        let signed: Vec<&str> = signed.split(';').collect();
        let must = |name: &str| ["host", "content-type"].contains(&name) || name.starts_with("x-amz-");
        let left_out = self.headers.iter().any(|(name, _)| must(name) && !signed.contains(name));
        if left_out || !signed.is_sorted() || !signed.contains(&"host") {
            return Err("AccessDenied");
        }
        if self.header("x-amz-content-sha256") != Some(&hex(&Sha256::digest(self.body))) {
            return Err("XAmzContentSHA256Mismatch");
        }
        let canonical = self.canonical(&signed).ok_or("AccessDenied")?;
        let to_sign =
            format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", hex(&Sha256::digest(canonical.as_bytes())));
        let ours = hex(&sign(&signing_key(keys, &date[..8]), &to_sign));
        if part("Signature=")? == ours { Ok(()) } else { Err("SignatureDoesNotMatch") }
    }

    /// The canonical request: method, path, query, headers and body, each in its canonical form.
    fn canonical(&self, signed: &[&str]) -> Option<String> {
        let mut query: Vec<String> =
            self.query.split('&').filter(|pair| !pair.is_empty()).map(whole).collect();
        query.sort();
        let headers = signed.iter().map(|name| {
            let words: Vec<&str> = self.header(name)?.split_whitespace().collect();
            Some(format!("{name}:{}\n", words.join(" ")))
        });
        let headers: String = headers.collect::<Option<_>>()?;
        let (query, names) = (query.join("&"), signed.join(";"));
        let body = self.header("x-amz-content-sha256")?;
        Some(format!("{}\n{}\n{query}\n{headers}\n{names}\n{body}", self.method, self.path))
    }
}

/// A parameter without a value gets an empty one.
fn whole(pair: &str) -> String {
    if pair.contains('=') { pair.to_owned() } else { format!("{pair}=") }
}

fn signing_key(keys: &Keys, day: &str) -> Vec<u8> {
    let secret = format!("AWS4{}", keys.secret).into_bytes();
    [day, keys.region, "s3", "aws4_request"].iter().fold(secret, |key, part| sign(&key, part))
}

fn sign(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The document's first example, which states its signature, and variations of it that must fail.
pub async fn the_signature_of_awss_own_example_is_right() {
    let keys = Keys {
        id: "AKIAIOSFODNN7EXAMPLE",
        secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        region: "us-east-1",
    };
    let told = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, \
                SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, \
                Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
    let mut request = Request {
        method: "GET",
        path: "/test.txt",
        query: "",
        headers: vec![
            ("authorization", told),
            ("host", "examplebucket.s3.amazonaws.com"),
            ("range", "bytes=0-9"),
            ("x-amz-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("x-amz-date", "20130524T000000Z"),
        ],
        body: b"",
    };
    let now = "2013-05-24T00:10:00Z".parse().unwrap();
    assert_eq!(request.check(&keys, now), Ok(()));
    assert_eq!(request.check(&keys, now + TimeDelta::minutes(6)), Err("RequestTimeTooSkewed"));
    assert_eq!(request.check(&Keys { secret: "another", ..keys }, now), Err("SignatureDoesNotMatch"));
    request.path = "/other.txt";
    assert_eq!(request.check(&keys, now), Err("SignatureDoesNotMatch"));
    request.body = b"?";
    assert_eq!(request.check(&keys, now), Err("XAmzContentSHA256Mismatch"));
    request.headers.push(("x-amz-acl", "public-read"));
    assert_eq!(request.check(&keys, now), Err("AccessDenied"));
}
