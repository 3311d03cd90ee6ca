//! Whom Asterisk shall dial, and what the far end is shown. Everything in here may come from a
//! hostile caller or a careless flow; nothing that leaves here can name another technology, another
//! context or another header.

use super::AsteriskConfig;
use strowger_pbx::port::Address;

impl AsteriskConfig {
    /// The dial string of an address; none: it cannot be dialled here.
    pub(super) fn dial_string(&self, to: &Address) -> Option<String> {
        match to {
            Address::Number(number) => {
                let digits = number.strip_prefix('+').unwrap_or(number);
                let valid =
                    (2..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
                let template = self.number_endpoint.as_ref().filter(|_| valid)?;
                Some(template.replace("{number}", number).replace("{digits}", digits))
            }
            Address::Extension(extension) => {
                let valid = (1..=40).contains(&extension.len())
                    && extension
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"*#_.-".contains(&b));
                valid.then(|| self.extension_endpoint.replace("{extension}", extension))
            }
            // Nobody dials into a call that is up.
            Address::Call(_) => None,
            Address::Endpoint(endpoint) => {
                let (technology, resource) = endpoint.split_once('/')?;
                let known = self.technologies.iter().any(|known| known == technology);
                // `&` would dial several, `,` begin options, `^` and `|` mean other things in some
                // drivers.
                let valid = !resource.is_empty()
                    && resource.len() <= 200
                    && resource
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"_.-@+*#:/;=[]".contains(&b));
                (known && valid).then(|| endpoint.clone())
            }
        }
    }
}

/// A channel of Asterisk's, as it names it, if the name can stand in the dialplan: an argument
/// begins at a comma, and an option at other things.
pub(super) fn channel_name(name: &str) -> Option<&str> {
    let valid = |b: u8| b.is_ascii_alphanumeric() || b"/_.-@+;".contains(&b);
    (!name.is_empty() && name.len() <= 200 && name.bytes().all(valid)).then_some(name)
}

/// What `callerId` takes: `"name" <number>`, with nothing in it that could end the quotes or the
/// line.
pub(super) fn caller_id(number: Option<&str>, name: Option<&str>) -> String {
    let number: String = number
        .unwrap_or_default()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "+*#.-_".contains(*c))
        .take(40)
        .collect();
    let name = plain(name.unwrap_or_default()).replace(['"', '\\', '<', '>'], "'");
    match (name.is_empty(), number.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!("<{number}>"),
        _ => format!("\"{name}\" <{number}>"),
    }
}

/// A text on one line, without control characters, of at most 80 characters.
pub(super) fn plain(text: &str) -> String {
    let text: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(80).collect();
    text.trim().to_owned()
}

/// A number as a caller claims it; none: withheld.
pub(super) fn claimed(number: &str) -> Option<String> {
    let number = plain(number);
    (!number.is_empty() && !number.eq_ignore_ascii_case("anonymous")).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> AsteriskConfig {
        let mut config = AsteriskConfig::new("http://127.0.0.1:8088", "u", "p");
        config.number_endpoint = Some("PJSIP/{digits}@trunk".into());
        config
    }

    #[test]
    fn a_number_is_dialled_through_the_trunk_and_nothing_else() {
        let dial = |number: &str| config().dial_string(&Address::Number(number.into()));
        assert_eq!(dial("+3227138700").as_deref(), Some("PJSIP/3227138700@trunk"));
        for hostile in [
            "",
            "+",
            "1",
            "Local/1@x",
            "1&PJSIP/2",
            "+32 2",
            "0x10",
            "12@evil",
            "1234567890123456",
            "12\r\n",
        ] {
            assert_eq!(dial(hostile), None, "{hostile:?}");
        }
        assert_eq!(
            AsteriskConfig::new("", "", "").dial_string(&Address::Number("+3227138700".into())),
            None
        );
    }

    #[test]
    fn an_endpoint_is_of_a_technology_that_is_allowed() {
        let dial = |endpoint: &str| config().dial_string(&Address::Endpoint(endpoint.into()));
        assert_eq!(dial("PJSIP/gate").as_deref(), Some("PJSIP/gate"));
        assert_eq!(
            dial("PJSIP/central/sip:x@127.0.0.1:5060").as_deref(),
            Some("PJSIP/central/sip:x@127.0.0.1:5060")
        );
        for hostile in [
            "gate",
            "Local/9@all",
            "PJSIP/",
            "PJSIP/a&PJSIP/b",
            "PJSIP/a,30",
            "PJSIP/a b",
            "PJSIP/a\r\nX: y",
            "PJSIP/${EVIL}",
        ] {
            assert_eq!(dial(hostile), None, "{hostile:?}");
        }
        assert_eq!(config().dial_string(&Address::Extension("a1/../x".into())), None);
    }

    #[test]
    fn a_caller_id_stays_in_its_quotes() {
        assert_eq!(
            caller_id(Some("+3212"), Some("Jan \"de\" Man <1>")),
            "\"Jan 'de' Man '1'\" <+3212>"
        );
        assert_eq!(
            caller_id(Some("12>\r\nX-Evil: 1"), Some("a\r\nVia: b\\")),
            "\"a  Via: b'\" <12X-Evil1>"
        );
        assert_eq!(caller_id(None, None), "");
        assert_eq!(caller_id(Some("12"), None), "<12>");
    }

    #[test]
    fn the_password_is_not_shown() {
        assert!(
            !format!("{:?}", AsteriskConfig::new("http://h", "u", "s3cret")).contains("s3cret")
        );
    }
}
