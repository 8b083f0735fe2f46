//! What the demo prints when it starts. Programs read it too: the first URL is the server's, and each account
//! has one line that begins with its name and continues with `key=value` pairs.

use crate::domain::language::Language;
use crate::language::text_with;

/// An account, with everything needed to act for it.
pub struct Login {
    pub name: String,
    pub password: String,
    /// The second factor's secret, in base 32.
    pub totp: String,
    /// The API token.
    pub token: String,
}

/// The welcome text, in both languages side by side. `robot` is the webhook URL for connecting a group,
/// `cooling` the cooling time in seconds. The last line is not ended.
pub fn welcome(url: &str, logins: &[Login], robot: &str, cooling: i64) -> String {
    let both = |key: &str| {
        let say = |language| text_with(language, key, &[("cooling", cooling.into())]);
        format!("{}  {}", say(Language::ZhCn), say(Language::En))
    };
    let mut lines = format!("\n{}\n\n{}\n  {url}\n\n", both("demo-welcome"), both("demo-open"));
    let mut line = |text: String| {
        lines.push_str(&text);
        lines.push('\n');
    };
    line(both("demo-accounts"));
    for Login { name, password, totp, token } in logins {
        line(format!("{name:<11}  name={name} password={password} totp={totp} token={token}"));
    }
    line(format!("{}\n  {url}/practice/codes\n", both("demo-codes")));
    line(both("demo-pages"));
    for (path, key) in [
        ("/report", "demo-page-report"),
        ("/review", "demo-page-review"),
        ("/groups", "demo-page-groups"),
        ("/practice", "demo-page-practice"),
        ("/api/docs", "demo-page-docs"),
    ] {
        line(format!("  {url}{path}  {}", both(key)));
    }
    line(format!("\n{}\n  {robot}", both("demo-robot")));
    line(format!("\n{}", both("demo-try")));
    for number in 1..=6 {
        line(format!("  {number}. {}", both(&format!("demo-try-{number}"))));
    }
    lines + "\n" + &both("demo-stop")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::has;

    fn printed() -> String {
        let login = |name: &str| Login {
            name: name.to_owned(),
            password: "a-b-c".to_owned(),
            totp: "GEZDGNBV".to_owned(),
            token: "st_x".to_owned(),
        };
        let logins = [login("moderator"), login("group_admin")];
        welcome("http://127.0.0.1:7272", &logins, "http://127.0.0.1:7272/robot?key=k", 10)
    }

    #[test]
    fn programs_can_read_it() {
        let printed = printed();
        let first = printed.split_whitespace().find(|word| word.starts_with("http")).unwrap();
        assert_eq!(first, "http://127.0.0.1:7272");
        for name in ["moderator", "group_admin"] {
            let line = printed.lines().find(|line| line.split(' ').next() == Some(name)).unwrap();
            let fields: Vec<&str> = line.split_whitespace().skip(1).collect();
            assert_eq!(fields, [&format!("name={name}"), "password=a-b-c", "totp=GEZDGNBV", "token=st_x"]);
        }
    }

    #[test]
    fn it_says_everything_in_both_languages() {
        let printed = printed();
        for path in
            ["/report", "/review", "/groups", "/practice", "/practice/codes", "/api/docs", "/robot?key=k"]
        {
            assert!(printed.lines().any(|l| l.contains(&format!("http://127.0.0.1:7272{path}"))), "{path}");
        }
        // A missing sentence shows as its key.
        assert!(!printed.contains("demo-"), "{printed}");
        assert!(printed.contains("10秒") && printed.contains("within 10 s"), "{printed}");
        assert!(Language::ALL.iter().all(|language| has(*language, "demo-try-6")));
    }
}
