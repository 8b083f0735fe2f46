//! Who may act: the roles, and what each includes.

use serde::{Deserialize, Serialize};

/// What an account may do. A lead may do all a moderator may; the others share nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Moderator,
    Lead,
    GroupAdmin,
    Operator,
}

impl Role {
    /// All roles.
    pub const ALL: [Role; 4] = [Role::Moderator, Role::Lead, Role::GroupAdmin, Role::Operator];

    /// The name on the command line, in the API and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Role::Moderator => "moderator",
            Role::Lead => "lead",
            Role::GroupAdmin => "group_admin",
            Role::Operator => "operator",
        }
    }

    /// The role of that name, if there is one.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|r| r.as_str() == name)
    }

    /// Whether somebody in this role may do what `needed` may.
    pub fn includes(self, needed: Role) -> bool {
        self == needed || (self == Role::Lead && needed == Role::Moderator)
    }
}
