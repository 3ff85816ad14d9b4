//! Wrong values of a form or of a JSON body, each at its field.

use crate::domain::{Language, Text};

/// A wrong value, and what is said about it: in both languages, or in the one of who reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldError<T = &'static str> {
    /// Name of the field.
    pub field: &'static str,
    /// What is wrong and what would be right.
    pub text: T,
}

/// All wrong values of one form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldErrors<T = &'static str>(pub Vec<FieldError<T>>);

impl<T> Default for FieldErrors<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> FieldErrors<T> {
    /// The value of `field`, or a note of what is wrong with it.
    pub fn take<V, E>(&mut self, field: &'static str, parsed: Result<V, E>, text: T) -> Option<V> {
        let value = parsed.ok();
        if value.is_none() {
            self.0.push(FieldError { field, text });
        }
        value
    }

    /// A form with one wrong value.
    #[must_use]
    pub fn one(field: &'static str, text: T) -> Self {
        Self(vec![FieldError { field, text }])
    }

    /// What is wrong with `field`.
    #[must_use]
    pub fn at(&self, field: &str) -> Option<T> {
        self.0
            .iter()
            .find(|error| error.field == field)
            .map(|error| error.text)
    }

    /// Whether everything is right.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many values are wrong.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The wrong values, in the order of the form.
    pub fn iter(&self) -> std::slice::Iter<'_, FieldError<T>> {
        self.0.iter()
    }
}

impl FieldErrors<Text> {
    /// The same in the language of who reads.
    #[must_use]
    pub fn say(&self, language: Language) -> FieldErrors {
        let say = |error: &FieldError<Text>| FieldError {
            field: error.field,
            text: error.text.say(language),
        };
        FieldErrors(self.iter().map(say).collect())
    }
}

impl<'a, T: Copy> IntoIterator for &'a FieldErrors<T> {
    type Item = &'a FieldError<T>;
    type IntoIter = std::slice::Iter<'a, FieldError<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
