//! The words of the page, by language.

/// The words in one language.
pub(super) struct Words {
    /// BCP 47.
    pub(super) language: &'static str,
    pub(super) title: &'static str,
    pub(super) codes: &'static str,
    pub(super) log_in: &'static str,
    pub(super) extension_next: &'static str,
    pub(super) log_out: &'static str,
    pub(super) at_the_phone: &'static str,
    pub(super) queue: &'static str,
    pub(super) queue_again: &'static str,
    pub(super) pause: &'static str,
    pub(super) end_pause: &'static str,
    pub(super) switch: &'static str,
    pub(super) mobile: &'static str,
    pub(super) first: &'static str,
    pub(super) code: &'static str,
    pub(super) position: &'static str,
    pub(super) number: &'static str,
    pub(super) talking: &'static str,
    pub(super) consult: &'static str,
    pub(super) back: &'static str,
    pub(super) transfer: &'static str,
    pub(super) case: &'static str,
    pub(super) queues: &'static str,
    pub(super) switches: &'static str,
    pub(super) extensions: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    title: "Telephone codes, as of",
    codes: "Codes",
    log_in: "Log in",
    extension_next: "then your extension and #",
    log_out: "Log out",
    at_the_phone: "at the phone at which you have logged in",
    queue: "Join or leave a queue",
    queue_again: "a second time leaves it",
    pause: "Pause",
    end_pause: "End the pause",
    switch: "Turn a switch",
    mobile: "On an emergency mobile",
    first: "before each code",
    code: "CODE",
    position: "POSITION",
    number: "NUMBER",
    talking: "While you talk",
    consult: "Consult somebody; hang up to connect",
    back: "Back to the caller",
    transfer: "Transfer the caller",
    case: "Note a case:",
    queues: "Queues",
    switches: "Switches",
    extensions: "Extensions",
};

const DUTCH: Words = Words {
    language: "nl",
    title: "Telefooncodes, stand van",
    codes: "Codes",
    log_in: "Inloggen",
    extension_next: "dan uw extensie en #",
    log_out: "Uitloggen",
    at_the_phone: "op het toestel waarop u bent ingelogd",
    queue: "Wachtrij kiezen of verlaten",
    queue_again: "een tweede keer verlaat ze",
    pause: "Pauze",
    end_pause: "Pauze beëindigen",
    switch: "Schakelaar omzetten",
    mobile: "Op een noodmobiel",
    first: "vóór elke code",
    code: "CODE",
    position: "STAND",
    number: "NUMMER",
    talking: "Tijdens een gesprek",
    consult: "Ruggespraak; inhaken verbindt door",
    back: "Terug naar de beller",
    transfer: "Beller doorverbinden",
    case: "Noteren:",
    queues: "Wachtrijen",
    switches: "Schakelaars",
    extensions: "Extensies",
};

impl Words {
    /// Those of a language such as `nl-BE`, else English ones.
    pub(super) fn of(language: &str) -> &'static Self {
        match language.split('-').next() {
            Some("nl") => &DUTCH,
            _ => &ENGLISH,
        }
    }
}
