//! Who may act: the roles, and what each includes.

use uuid::Uuid;

use super::named::named;

named! {
    /// What an account may do; its name on the command line, too. A lead may do all a moderator may; the
    /// others share nothing.
    pub enum Role {
        Moderator = "moderator",
        Lead = "lead",
        GroupAdmin = "group_admin",
        Operator = "operator",
    }
}

impl Role {
    /// Whether this role may do what `needed` may.
    pub fn includes(self, needed: Role) -> bool {
        self == needed || (self == Role::Lead && needed == Role::Moderator)
    }
}

/// A moderator at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moderator {
    pub id: Uuid,
    /// A lead may do all a moderator may.
    pub lead: bool,
}
