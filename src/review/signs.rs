//! What a moderator is shown first beside a notice, as codes.

use super::duplicates::Duplicate;
use super::policy;
use crate::domain::life_cycle::ByPolicy;
use crate::domain::notice::{Category, Kind, Private, Public};
use crate::domain::screening::FindingKind;
use crate::domain::tip::CALLED_FALSE;
use crate::store::notices::Notice;
use crate::store::{Conn, StoreResult, phones};

/// How whoever has parted calls their relation to the person sought, in small letters.
const FORMER: [&str; 15] = [
    "前夫",
    "前妻",
    "前男友",
    "前女友",
    "前对象",
    "离婚",
    "分手",
    "ex-wife",
    "ex-husband",
    "ex-partner",
    "ex wife",
    "ex husband",
    "my ex",
    "former wife",
    "former husband",
];

/// How whoever is of no family calls it, who may seek somebody for a debt or for work, in small letters.
const NO_FAMILY: [&str; 11] = [
    "债主",
    "债权人",
    "网友",
    "雇主",
    "老板",
    "房东",
    "creditor",
    "employer",
    "landlord",
    "landlady",
    "online friend",
];

/// Whether its phone has more open notices than one family needs. It is not proved at the intake whose phone
/// it is, so nobody is refused for it there.
fn has_many(conn: &mut Conn, notice: &Notice) -> StoreResult<bool> {
    const FEW: i64 = 2;
    let open = notice.phone_hash.as_deref().map(|phone| phones::open(conn, phone)).transpose()?;
    Ok(open.is_some_and(|open| open > FEW))
}

/// What others reveal about a notice, as codes: other notices, and a tip that objects to it and waits for a lead.
pub(super) fn found_by_others(
    conn: &mut Conn,
    notice: &Notice,
    beside: &[Duplicate],
    objected: bool,
) -> StoreResult<Vec<&'static str>> {
    let many = has_many(conn, notice)?;
    let alike = beside.iter().any(|other| other.protected);
    let told =
        [(objected, CALLED_FALSE), (many, "many_of_one_phone"), (alike, ByPolicy::LikeSealed.as_str())];
    Ok(told.into_iter().filter_map(|(raised, code)| raised.then_some(code)).collect())
}

/// What is told to whoever verifies a notice, as codes: what it says, what it lacks, and what others reveal.
pub(super) fn signs(
    public: Option<&Public>,
    private: Option<&Private>,
    poster_lacks: &str,
    by_others: Vec<&'static str>,
) -> Vec<String> {
    let (Some(public), Some(private)) = (public, private) else { return Vec::new() };
    let mut flags: Vec<String> = private.mentions().map(str::to_owned).collect();
    let mut flag = |raised: bool, code: &str| {
        if raised {
            flags.push(code.to_owned());
        }
    };
    flag(private.safety.violence, "violence");
    flag(private.safety.protection_order, "protection_order");
    flag(private.safety.left_voluntarily, "left_voluntarily");
    let relation = private.reporter.relation.to_lowercase();
    let is_called = |words: &[&str]| words.iter().any(|word| relation.contains(word));
    flag(is_called(&FORMER), "former_partner");
    let at_risk = private.category == Some(Category::SelfHarmRisk);
    let self_harm = FindingKind::SelfHarm.as_str();
    flag(at_risk && !private.mentions().any(|said| said == self_harm), self_harm);
    flag(!policy::other_ages(public).is_empty(), "other_age");
    let line = policy::line(public, private);
    // An umbrella has no family.
    flag(line.class.seeks_somebody() && is_called(&NO_FAMILY), "no_family");
    flag(
        line.police != policy::Police::NotAsked && private.police.reference.is_none(),
        "no_police_reference",
    );
    // In a rescue or a donation nobody is recognised by one.
    let by_photo = matches!(public.subject.kind(), Kind::MissingPerson | Kind::LostProperty);
    flag(by_photo && public.photos.is_empty(), "no_photo");
    flag(!poster_lacks.is_empty(), "poster_lacks");
    for code in by_others {
        flag(true, code);
    }
    flags
}
