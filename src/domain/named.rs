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

        impl $crate::domain::named::Choice for $set {
            const NAMES: &'static [&'static str] = &$set::NAMES;

            fn named(name: &str) -> Option<$set> {
                $set::named(name)
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

/// A set of names, for what reads one of any set.
pub trait Choice: Sized {
    /// Their names.
    const NAMES: &'static [&'static str];

    /// What has exactly that name, if anything does.
    fn named(name: &str) -> Option<Self>;
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    named! {
        /// Names of each shape that there is.
        pub enum Set {
            One = "one",
            TwoWords = "two_words",
            ZhCn = "zh-CN",
        }
    }

    #[test]
    fn a_name_is_the_same_to_everybody() {
        assert_eq!(Set::NAMES, ["one", "two_words", "zh-CN"]);
        for (one, name) in Set::ALL.into_iter().zip(Set::NAMES) {
            assert_eq!((one.as_str(), Set::named(name)), (name, Some(one)));
            assert_eq!(to_value(one).unwrap(), json!(name));
            assert_eq!(from_value::<Set>(json!(name)).unwrap(), one);
        }
        for name in ["", "One", "ONE", "one ", "TwoWords", "two-words", "zh_cn"] {
            assert_eq!(Set::named(name), None, "{name}");
            assert!(from_value::<Set>(json!(name)).is_err(), "{name}");
        }
    }
}
