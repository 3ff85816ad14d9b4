//! Enums whose values are the words of a closed list, in files, in the database, in the API and in pages.

/// Declares such an enum: each variant with its word, all of them in order, and the error for any other word.
macro_rules! closed_list {
    ($(#[$doc:meta])* $type:ident, $error:ty, |$other:ident| $wrong:expr,
     { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub enum $type { $($(#[$vdoc])* #[serde(rename = $word)] $variant),+ }

        impl $type {
            /// Every one, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word of files, of the database and of the API.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $error;
            fn from_str(text: &str) -> Result<Self, $error> {
                match text.trim() {
                    $($word => Ok(Self::$variant),)+
                    $other => Err($wrong),
                }
            }
        }
    };
}

pub(crate) use closed_list;
