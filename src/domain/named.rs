//! Closed sets of names. Each name is written once, beside the value that it names.

/// An enum whose values have names, one a line: what the code calls it, and what everything else does.
macro_rules! named {
    (
        $(#[$of_all:meta])*
        pub enum $set:ident { $($(#[$of_one:meta])* $value:ident = $name:literal,)+ }
    ) => {
        $(#[$of_all])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ::serde::Serialize, ::serde::Deserialize)]
        pub enum $set {
            $($(#[$of_one])* #[serde(rename = $name)] $value,)+
        }

        impl $set {
            /// All of them, in that order.
            pub const ALL: [$set; [$($name),+].len()] = [$($set::$value),+];

            /// Their names, in that order.
            pub const NAMES: [&str; $set::ALL.len()] = [$($name),+];

            /// The name: in the API, in addresses, in the database.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($set::$value => $name,)+
                }
            }

            /// What has exactly that name, if anything does.
            pub fn named(name: &str) -> Option<$set> {
                $set::ALL.into_iter().find(|one| one.as_str() == name)
            }
        }

        impl ::utoipa::PartialSchema for $set {
            fn schema() -> ::utoipa::openapi::RefOr<::utoipa::openapi::Schema> {
                ::utoipa::openapi::ObjectBuilder::new()
                    .schema_type(::utoipa::openapi::Type::String)
                    .enum_values(Some($set::ALL.map($set::as_str)))
                    .into()
            }
        }

        impl ::utoipa::ToSchema for $set {}
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::blobs::Size;
    use crate::broadcast::report::CountsAs;
    use crate::domain::delivery::{DeliveryState, EndedAs, How, Purpose, Untried};
    use crate::domain::group::{Condition, GroupState, Platform, WhyDisabled};
    use crate::domain::language::Language;
    use crate::domain::life_cycle::State;
    use crate::domain::notice::{Category, Direction, Emergency, Kind, Outcome, Precision};
    use crate::domain::people::Role;
    use crate::domain::screening::FindingKind;
    use crate::groups::delivery_log::Asked;
    use crate::review::figures::Period;
    use crate::review::tips::Fate;
    use crate::review::waiting::Want;
    use crate::store::groups::WaitsFor;

    /// Asks of each set that a text names something in it just where serde reads it so, and that this
    /// something says the text again.
    macro_rules! agree {
        ($text:expr, $($set:ty),+) => {$(
            let read = serde_json::from_value::<$set>(serde_json::json!($text)).ok();
            prop_assert_eq!(<$set>::named($text), read, "{} {:?}", stringify!($set), $text);
            if let Some(read) = read {
                prop_assert_eq!(read.as_str(), $text);
                prop_assert_eq!(serde_json::to_value(read).unwrap(), serde_json::json!($text));
            }
        )+};
    }

    /// Every name of each set.
    macro_rules! names {
        ($($set:ty),+) => { [$(<$set>::ALL.map(<$set>::as_str).to_vec()),+].concat() };
    }

    /// Hands all sets to a macro.
    macro_rules! of_all {
        ($what:ident $(, $given:expr)?) => {
            $what!(
                $($given,)? Asked, Category, Condition, CountsAs, DeliveryState, Direction, Emergency, EndedAs, Fate, FindingKind, GroupState, How,
                Kind, Language, Outcome, Period, Platform, Precision, Purpose, Role, Size, State, Untried, WaitsFor, Want, WhyDisabled
            )
        };
    }

    proptest! {
        #[test]
        fn a_name_is_the_same_to_everybody(
            text in prop_oneof![prop::sample::select(of_all!(names)).prop_map(str::to_owned), "[a-zA-Z_-]{0,12}"],
        ) {
            let text = text.as_str();
            of_all!(agree, text);
        }
    }
}
