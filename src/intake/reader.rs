//! Reads a JSON value field by field and collects every fault under the field's dotted name, so that the
//! client gets all of them at once.
//!
//! Each method returns `None` where its field is faulty. Read everything first and take the values out with
//! `?` afterwards; the values count only when no fault was found.
//!
//! A blank text counts as missing. A field with a format of its own (a number, a time, one of some names) is
//! faulty when blank.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::domain::faults::{FieldFault, FieldFaults, NAME_SHOWN};
use crate::domain::named::Choice;
use crate::domain::screening::screen;
use crate::domain::text::{Unit, one_line, paragraph, whole_number};

/// What was found besides the values.
#[derive(Default)]
struct Found {
    faults: FieldFaults,
    flags: BTreeSet<&'static str>,
}

/// Reads the fields of one object.
pub struct Reader<'a> {
    /// `None` where the whole object is missing: then each of its required fields is missing.
    fields: Option<&'a Map<String, Value>>,
    /// The dotted path of the enclosing objects, with a dot at the end.
    path: String,
    known: Vec<&'static str>,
    found: &'a mut Found,
}

/// Reads `value` in the given shape; returns the result with the screening's flags.
///
/// # Errors
/// Every fault, by field.
pub fn read<T>(
    value: &Value,
    shape: impl FnOnce(&mut Reader<'_>) -> Option<T>,
) -> Result<(T, Vec<String>), FieldFaults> {
    let mut found = Found::default();
    let answer = match value {
        Value::Object(fields) => whole(Some(fields), String::new(), &mut found, shape),
        _ => {
            found.faults.insert("body".to_owned(), FieldFault::new("wrong_type"));
            None
        }
    };
    match answer {
        Some(answer) if found.faults.is_empty() => {
            Ok((answer, found.flags.into_iter().map(str::to_owned).collect()))
        }
        _ => Err(found.faults),
    }
}

/// Reads one object as a whole, and faults the fields that nothing asked for.
fn whole<T>(
    fields: Option<&Map<String, Value>>,
    path: String,
    found: &mut Found,
    shape: impl FnOnce(&mut Reader<'_>) -> Option<T>,
) -> Option<T> {
    let mut reader = Reader { fields, path, known: Vec::new(), found };
    let answer = shape(&mut reader);
    for name in fields.into_iter().flat_map(Map::keys) {
        if !reader.known.contains(&name.as_str()) {
            reader.fault(&one_line(name, NAME_SHOWN), FieldFault::new("unknown"));
        }
    }
    answer
}

impl Reader<'_> {
    /// Records a fault of a field.
    pub fn fault(&mut self, name: &str, fault: FieldFault) {
        self.found.faults.entry(format!("{}{name}", self.path)).or_insert(fault);
    }

    /// Records something that a moderator should know.
    pub fn flag(&mut self, code: &'static str) {
        self.found.flags.insert(code);
    }

    /// Accepts all other fields: while the kind is unknown, nobody can say which belong.
    pub fn accept_the_rest(&mut self, names: &[&'static str]) {
        self.known.extend_from_slice(names);
    }

    /// The value of a field, unless it is missing or null.
    fn given(&mut self, name: &'static str) -> Option<Value> {
        self.known.push(name);
        self.fields?.get(name).filter(|value| !value.is_null()).cloned()
    }

    /// A value that must be there; a fault of the field where it is not.
    pub fn required<T>(&mut self, name: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            // A field that is there but wrong has its fault already.
            self.fault(name, FieldFault::new("required"));
        }
        value
    }

    /// An object with a shape of its own.
    pub fn object<T>(
        &mut self,
        name: &'static str,
        shape: impl FnOnce(&mut Reader<'_>) -> Option<T>,
    ) -> Option<T> {
        self.known.push(name);
        let fields = match self.fields.and_then(|f| f.get(name)) {
            None | Some(Value::Null) => None,
            Some(Value::Object(fields)) => Some(fields),
            Some(_) => {
                self.fault(name, FieldFault::new("wrong_type"));
                return None;
            }
        };
        whole(fields, format!("{}{name}.", self.path), self.found, shape)
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        match self.given(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.fault(name, FieldFault::new("wrong_type"));
                None
            }
        }
    }

    fn cleaned(
        &mut self,
        name: &'static str,
        max: usize,
        clean: fn(&str, usize) -> String,
    ) -> Option<String> {
        let typed = self.text(name)?;
        let text = clean(&typed, typed.len());
        if text.is_empty() {
            return None;
        }
        if Unit::Chars.measure(&text) > max {
            self.fault(name, FieldFault::new("too_long").with("max", max));
            return None;
        }
        Some(text)
    }

    fn screened(&mut self, name: &'static str, text: Option<String>) -> Option<String> {
        let text = text?;
        for finding in screen(&text) {
            if finding.what.refuses() {
                self.fault(name, FieldFault::new(finding.what.as_str()));
                return None;
            }
            self.flag(finding.what.as_str());
        }
        Some(text)
    }

    /// One cleaned and screened line of at most `max` characters; optional.
    pub fn optional_line(&mut self, name: &'static str, max: usize) -> Option<String> {
        let text = self.cleaned(name, max, one_line);
        self.screened(name, text)
    }

    /// One cleaned and screened line of at most `max` characters.
    pub fn line(&mut self, name: &'static str, max: usize) -> Option<String> {
        let text = self.optional_line(name, max);
        self.required(name, text)
    }

    /// One cleaned line of at most `max` characters; optional. Not screened, because it is a number or code.
    pub fn optional_code(&mut self, name: &'static str, max: usize) -> Option<String> {
        self.cleaned(name, max, one_line)
    }

    /// Cleaned and screened text of several lines; optional.
    pub fn optional_paragraph(&mut self, name: &'static str, max: usize) -> Option<String> {
        let text = self.cleaned(name, max, paragraph);
        self.screened(name, text)
    }

    /// Cleaned and screened text of several lines.
    pub fn paragraph(&mut self, name: &'static str, max: usize) -> Option<String> {
        let text = self.optional_paragraph(name, max);
        self.required(name, text)
    }

    /// Cleaned text of several lines, accepted whatever the screening finds in it; optional.
    pub fn optional_unscreened_paragraph(&mut self, name: &'static str, max: usize) -> Option<String> {
        self.cleaned(name, max, paragraph)
    }

    /// A text in a format of its own; optional.
    pub fn optional_parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, FieldFault>,
    ) -> Option<T> {
        let text = self.text(name)?;
        parse(&text).map_err(|fault| self.fault(name, fault)).ok()
    }

    /// A text in a format of its own.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, FieldFault>,
    ) -> Option<T> {
        let value = self.optional_parsed(name, parse);
        self.required(name, value)
    }

    /// A whole number, given as a number or as digits of any width; optional. `wrong` is the code that says
    /// what a right one looks like.
    pub fn optional_whole(
        &mut self,
        name: &'static str,
        range: RangeInclusive<i64>,
        wrong: &'static str,
    ) -> Option<i64> {
        let number = match self.given(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => whole_number(&text),
            _ => {
                self.fault(name, FieldFault::new("wrong_type"));
                return None;
            }
        };
        let fault = match number {
            Some(number) if range.contains(&number) => return Some(number),
            Some(_) => FieldFault::new("out_of_range").with("min", range.start()).with("max", range.end()),
            None => FieldFault::new(wrong),
        };
        self.fault(name, fault);
        None
    }

    /// A whole number, given as a number or as digits of any width.
    pub fn whole(&mut self, name: &'static str, range: RangeInclusive<i64>) -> Option<i64> {
        let number = self.optional_whole(name, range, "not_whole");
        self.required(name, number)
    }

    /// One of a closed set of names; optional.
    pub fn optional_choice<T: Choice>(&mut self, name: &'static str) -> Option<T> {
        let text = self.text(name)?;
        let choice = T::named(&text);
        if choice.is_none() {
            self.fault(name, FieldFault::none_of(T::NAMES));
        }
        choice
    }

    /// One of a closed set of names.
    pub fn choice<T: Choice>(&mut self, name: &'static str) -> Option<T> {
        let choice = self.optional_choice(name);
        self.required(name, choice)
    }

    /// Yes or no; optional.
    pub fn optional_yes_no(&mut self, name: &'static str) -> Option<bool> {
        match self.given(name)? {
            Value::Bool(answer) => Some(answer),
            _ => {
                self.fault(name, FieldFault::new("wrong_type"));
                None
            }
        }
    }

    /// Yes or no.
    pub fn yes_no(&mut self, name: &'static str) -> Option<bool> {
        let answer = self.optional_yes_no(name);
        self.required(name, answer)
    }

    /// A required yes; `code` names the fault where it is missing.
    pub fn yes(&mut self, name: &'static str, code: &'static str) {
        if self.optional_yes_no(name) != Some(true) {
            self.fault(name, FieldFault::new(code));
        }
    }

    /// At most `max` different items; a missing list is an empty one.
    pub fn list<T: PartialEq>(
        &mut self,
        name: &'static str,
        max: usize,
        parse: impl Fn(&str) -> Result<T, FieldFault>,
    ) -> Vec<T> {
        let items = match self.given(name) {
            None => return Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.fault(name, FieldFault::new("wrong_type"));
                return Vec::new();
            }
        };
        if items.len() > max {
            self.fault(name, FieldFault::new("too_many").with("max", max));
            return Vec::new();
        }
        let mut read: Vec<T> = Vec::new();
        for (i, item) in items.iter().enumerate() {
            let outcome = item.as_str().ok_or(FieldFault::new("wrong_type")).and_then(&parse);
            match outcome {
                Ok(item) if read.contains(&item) => {
                    self.fault(&format!("{name}[{i}]"), FieldFault::new("repeated"));
                }
                Ok(item) => read.push(item),
                Err(fault) => self.fault(&format!("{name}[{i}]"), fault),
            }
        }
        read
    }
}
