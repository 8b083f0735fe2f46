//! Where settings come from, the flag first and then the environment, and the command that shows them.

use std::collections::HashMap;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use seventytwo::config::{self, Config, Fault, Faults, SETTINGS, Setting};

use super::say;

/// The settings that were given as flags: their values, by their variables.
#[derive(Default)]
pub struct Flags(HashMap<&'static str, String>);

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Flags, clap::Error> {
        let mut flags = Flags::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let given = |s: &Setting| Some((s.variable, filled(matches.get_one::<String>(s.variable)?.clone())?));
        self.0.extend(SETTINGS.iter().filter_map(given));
        Ok(())
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, s| {
            let help = if s.default.is_empty() {
                format!("{} [{}]", s.explained(), s.variable)
            } else {
                format!("{} [{}, default {}]", s.explained(), s.variable, s.default)
            };
            command.arg(Arg::new(s.variable).long(s.flag).value_name("VALUE").help(help))
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Flags::augment_args(command)
    }
}

impl Flags {
    /// A setting's value and where it comes from.
    fn look_up(&self, setting: &Setting) -> Option<(String, &'static str)> {
        if let Some(value) = self.0.get(setting.variable) {
            return Some((value.clone(), "flag"));
        }
        Some((in_environment(setting)?, "environment"))
    }

    /// The configuration that they and the environment make.
    ///
    /// # Errors
    /// Every fault of every setting, at once.
    pub fn configuration(&self) -> anyhow::Result<Config> {
        let mut faults = self.unreadable();
        match Config::read(|s| self.look_up(s).map(|(value, _)| value)) {
            Ok(config) if faults.is_empty() => return Ok(config),
            read => faults.extend(read.err().into_iter().flat_map(|found| found.0)),
        }
        for fault in &mut faults {
            let setting = config::setting_of(fault.variable);
            fault.flag = self.0.contains_key(setting.variable).then_some(setting.flag);
        }
        Err(Faults(faults).into())
    }

    /// The variables whose values are no text, unless a flag takes their place. Warns of variables that look
    /// like settings and are none.
    fn unreadable(&self) -> Vec<Fault> {
        #[expect(clippy::disallowed_methods, reason = "settings are read here and nowhere else")]
        let all = std::env::vars_os();
        let mut faults = Vec::new();
        for (name, value) in all {
            let Some(name) = name.to_str() else { continue };
            match SETTINGS.iter().find(|s| s.variable == name) {
                None if name.starts_with("SEVENTYTWO_") => {
                    eprintln!("seventytwo: there is no setting {name}; `seventytwo config` lists them all");
                }
                Some(setting) if value.to_str().is_none() && self.look_up(setting).is_none() => {
                    faults.push(Fault::new(setting.variable, "is not UTF-8"));
                }
                _ => {}
            }
        }
        faults
    }
}

/// A value; a blank one is none.
fn filled(value: String) -> Option<String> {
    Some(value).filter(|value| !value.trim().is_empty())
}

/// A setting's value in the environment, where it has one.
pub fn in_environment(setting: &Setting) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "settings are read here and nowhere else")]
    std::env::var(setting.variable).ok().and_then(filled)
}

/// The configuration that the environment makes, for commands that take no settings as flags.
///
/// # Errors
/// Every fault of every setting, at once.
pub fn read() -> anyhow::Result<Config> {
    Flags::default().configuration()
}

/// A value without the names and passwords in its addresses.
fn without_names(value: &str) -> String {
    let mut parts = value.split("://");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (host, rest) = part.split_at(part.find('/').unwrap_or(part.len()));
        let host = host.rsplit_once('@').map_or(host.to_owned(), |(_, host)| format!("***@{host}"));
        shown.extend(["://", &host, rest]);
    }
    shown
}

/// Prints every setting, its value, source and meaning; no secret that somebody gave.
///
/// # Errors
/// Every fault of every setting, once all were shown.
pub fn show(flags: &Flags) -> anyhow::Result<()> {
    for setting in SETTINGS {
        let value_of = |s: &Setting| flags.look_up(s).map(|(value, _)| value);
        let (value, source) =
            flags.look_up(setting).unwrap_or_else(|| (config::in_force(setting, value_of), "default"));
        let open = without_names(&value);
        let shown = if setting.secret && source != "default" { "***" } else { &open };
        say(format!("{}={shown}\n    {source}; {}", setting.variable, setting.explained()))?;
    }
    flags.configuration()?;
    Ok(())
}
