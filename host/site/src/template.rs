//! Texts of mails, with places for what a call says: `{caller}`.
//!
//! What is filled in cannot become a header of the mail: the subject is one line whatever stands in
//! a field.

use strowger_model::command::Field;

/// A mail as a flow file writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    subject: Vec<Part>,
    text: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(String),
}

impl Template {
    /// Reads subject and text.
    ///
    /// # Errors
    /// Which of the two is wrong, at which character (from 0 on), and why.
    pub fn new(subject: &str, text: &str) -> Result<Self, (&'static str, usize, &'static str)> {
        if let Some(at) = subject.chars().position(char::is_control) {
            return Err(("subject", at, "a subject is one line"));
        }
        let subject = parts(subject).map_err(|(at, why)| ("subject", at, why))?;
        Ok(Self { subject, text: parts(text).map_err(|(at, why)| ("text", at, why))? })
    }

    /// Subject and text with the fields filled in.
    ///
    /// # Errors
    /// The name of a field that is not given.
    pub fn fill(&self, fields: &[Field]) -> Result<(String, String), String> {
        let subject = fill(&self.subject, fields)?.replace(char::is_control, " ");
        let text = fill(&self.text, fields)?
            .replace(|c: char| c.is_control() && c != '\n' && c != '\t', "");
        Ok((subject, text))
    }
}

/// The names of the fields that stand in a text in braces.
///
/// # Errors
/// At which character (from 0 on) it is wrong, and why.
pub(crate) fn fields_of(text: &str) -> Result<Vec<String>, (usize, &'static str)> {
    let field = |part| match part {
        Part::Field(name) => Some(name),
        Part::Text(_) => None,
    };
    Ok(parts(text)?.into_iter().filter_map(field).collect())
}

/// A text with its fields filled in; none: one is not given, or it is wrong.
pub fn filled(text: &str, fields: &[Field]) -> Option<String> {
    fill(&parts(text).ok()?, fields).ok()
}

/// Parts with their fields filled in, or the name of a field that is not given.
fn fill(parts: &[Part], fields: &[Field]) -> Result<String, String> {
    let texts = parts.iter().map(|part| match part {
        Part::Text(text) => Ok(text.as_str()),
        Part::Field(name) => {
            let field = fields.iter().find(|field| field.key == *name);
            field.map(|field| field.value.as_str()).ok_or_else(|| name.clone())
        }
    });
    texts.collect()
}

fn parts(text: &str) -> Result<Vec<Part>, (usize, &'static str)> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut chars = text.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '{' | '}' if chars.next_if(|(_, next)| *next == c).is_some() => plain.push(c),
            '}' => return Err((at, "`}` without `{`; write `}}` for the sign itself")),
            '{' => {
                let mut name = String::new();
                while let Some((_, c)) =
                    chars.next_if(|(_, c)| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
                {
                    name.push(c);
                }
                if name.is_empty() || chars.next().is_none_or(|(_, c)| c != '}') {
                    return Err((
                        at,
                        "not the name of a field in braces, such as `{caller}`; write `{{` for the sign itself",
                    ));
                }
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(Part::Field(name));
            }
            c => plain.push(c),
        }
    }
    parts.push(Part::Text(plain));
    Ok(parts)
}

/// Whether a text is a mail address as far as it can be told from its looks.
pub fn is_address(text: &str) -> bool {
    let plain = |c: char| {
        !c.is_control()
            && !c.is_whitespace()
            && !matches!(c, '<' | '>' | ',' | ';' | ':' | '"' | '(' | ')' | '\\')
    };
    text.split_once('@').is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !domain.contains('@')
    }) && text.len() <= 254
        && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(key: &str, value: &str) -> Field {
        Field { key: key.to_owned(), value: value.to_owned() }
    }

    #[test]
    fn fields_are_filled_in_and_never_become_headers() {
        let template =
            Template::new("Terugbellen: {caller}", "Bel {caller} terug.\n{{{name}}}\n").unwrap();
        let fields = [
            field("caller", "+32470000001\r\nBcc: all@stad.be"),
            field("name", "An\u{0}\nMaes"),
            field("unused", "x"),
        ];
        let (subject, text) = template.fill(&fields).unwrap();
        assert_eq!(subject, "Terugbellen: +32470000001  Bcc: all@stad.be");
        assert_eq!(text, "Bel +32470000001\nBcc: all@stad.be terug.\n{An\nMaes}\n");
        assert_eq!(template.fill(&fields[..1]), Err("name".to_owned()));
    }

    #[test]
    fn what_is_no_template_is_said_with_its_place() {
        let wrong = |subject, text| Template::new(subject, text).map(|_| ()).unwrap_err();
        assert_eq!((wrong("a {", "").0, wrong("a {", "").1), ("subject", 2));
        assert_eq!((wrong("", "ab {c d}").0, wrong("", "ab {c d}").1), ("text", 3));
        assert_eq!(wrong("", "a } b").1, 2);
        assert_eq!(wrong("a\nb", "").2, "a subject is one line");
        assert!(Template::new("", "").is_ok());
    }

    #[test]
    fn addresses_are_told_from_what_is_none() {
        assert!(is_address("desk@stad.be"));
        for wrong in [
            "desk",
            "@stad.be",
            "desk@stad",
            "a b@stad.be",
            "a@stad.be\r\nBcc: b@stad.be",
            "<a@stad.be>",
            "a@b@stad.be",
            "a,b@stad.be",
        ] {
            assert!(!is_address(wrong), "{wrong}");
        }
    }
}
