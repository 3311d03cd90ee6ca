//! What an operator can change without a programmer: departments, roles, figures and every word.

use schemars::JsonSchema;
use serde::Deserialize;
use strowger_sdk::prelude::*;

/// The `[settings]` of the flow file. None has a value of its own: all of them stand in the file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The departments. Who calls from one of its telephones reports for it, and so does a contact of
    /// the site who has its name among the `tags`.
    pub departments: Vec<Department>,
    /// What those who are absent do there.
    pub roles: Vec<Role>,
    /// The template of campaigns for one shift.
    pub shift: String,
    /// The template of campaigns for an absence of weeks; not given: it is reported to an agent.
    pub period: Option<String>,
    /// The agents to whom an absence can be reported, too.
    pub agents: Agents,
    /// How often somebody may key what is wrong, at each question.
    #[schemars(range(min = 1))]
    pub tries: u8,
    /// Who gets a mail of each absence.
    #[serde(default)]
    pub mails: Vec<MailTo>,
    /// How dates and times are said.
    pub spoken: Spoken,
    /// What is said.
    pub texts: Texts,
}

/// A department.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Department {
    /// What is keyed for it.
    #[schemars(regex(pattern = "^[0-9]{1,4}$"))]
    pub code: String,
    /// Its name, as it is said; the tag of its contacts.
    pub name: String,
    /// Its telephones.
    #[serde(default)]
    #[schemars(extend("items" = { "type": "string", "format": "phone-number" }))]
    pub phones: Vec<String>,
}

/// What somebody does in a department.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// What is keyed for it.
    pub key: char,
    /// As it is said.
    pub name: String,
}

/// The agents to whom an absence can be reported, too.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Agents {
    /// Where they are.
    #[schemars(extend("format" = "queue"))]
    pub queue: String,
    /// What is heard while waiting for them.
    #[schemars(extend("format" = "music"))]
    pub music: String,
}

/// A mail.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MailTo {
    /// The mail of the flow file, `[mails.NAME]`, with the fields of the campaign.
    pub mail: String,
    /// Addresses.
    #[schemars(extend("items" = { "type": "string", "format": "mail-address" }))]
    pub to: Vec<String>,
}

/// How dates and times are said.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spoken {
    /// From Monday on.
    pub weekdays: [String; 7],
    /// From January on.
    pub months: [String; 12],
    /// With `{weekday}`, `{day}` and `{month}`.
    pub date: String,
    /// A full hour: `{hour}`.
    pub hour: String,
    /// With `{hour}` and `{minute}`.
    pub time: String,
    /// One shift: `{date}`, `{from}` and `{to}`.
    pub shift: String,
    /// An absence of weeks: `{date}` and `{until}`.
    pub period: String,
}

/// What is said. `{department}`, `{role}` and `{shift}` are what was keyed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// First.
    pub welcome: Words,
    /// Asks a caller who is not known for an extension and `#`; `#` alone goes to an agent.
    pub extension: Words,
    /// Of an extension that no agent has.
    pub unknown_extension: Words,
    /// Asks for the PIN.
    pub pin: Words,
    /// Of a PIN that is wrong.
    pub wrong_pin: Words,
    /// What is reported: 1 one shift, 2 an absence of weeks, 0 to an agent.
    pub menu: Words,
    /// Asks a contact who is absent: 1 the contact, 2 somebody else.
    pub who: Words,
    /// Asks for the code of the department and `#`.
    pub department: Words,
    /// Asks for the key of the role.
    pub role: Words,
    /// Asks for the day and the month, four digits; `#` alone is today.
    pub date: Words,
    /// Asks for the last day of an absence of weeks, four digits.
    pub until: Words,
    /// Asks for the hour and the minute at which the shift begins, four digits.
    pub from: Words,
    /// Asks for those at which it ends.
    pub to: Words,
    /// Of a key or a number that means nothing.
    pub wrong: Words,
    /// All of it once more: 1 right, 2 again from the start, 0 to an agent.
    pub confirm: Words,
    /// People are being called.
    pub opened: Words,
    /// Before waiting for an agent.
    pub to_agent: Words,
    /// No agent is there.
    pub nobody: Words,
}

/// What is wrong with settings that the schema cannot say.
pub(crate) fn check(s: &Settings) -> Result<(), String> {
    if s.departments.is_empty() || s.roles.is_empty() {
        return Err("departments and roles: give at least one of each".into());
    }
    if let Some(role) = s.roles.iter().find(|role| !('1'..='9').contains(&role.key)) {
        return Err(format!(
            "roles: {} has the key {:?}; give it one of 1 to 9",
            role.name, role.key
        ));
    }
    let twice = |what: &str, mut all: Vec<String>| {
        all.sort();
        match all.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(format!("{what}: two have {}; give each its own", pair[0])),
            None => Ok(()),
        }
    };
    twice("departments", s.departments.iter().map(|it| format!("the code {}", it.code)).collect())?;
    twice("departments", s.departments.iter().map(|it| format!("the name {}", it.name)).collect())?;
    twice("roles", s.roles.iter().map(|it| format!("the key {}", it.key)).collect())
}
