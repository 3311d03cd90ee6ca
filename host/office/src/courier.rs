//! One mail to the mail server, over SMTP.

use crate::{
    config::{MailConfig, Security},
    wire::Wire,
};
use lettre::{
    Message,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, Certificate, Tls, TlsParameters},
        extension::ClientId,
    },
};
use std::{
    path::PathBuf,
    time::{Duration, SystemTime},
};
use strowger_model::Mail;
use tokio::time::timeout;

/// For everything about one mail, from the connection to the server's word that it has it.
const PATIENCE: Duration = Duration::from_secs(120);
/// For a farewell after that.
const FAREWELL: Duration = Duration::from_secs(1);
/// How many characters are kept of what the mail server says.
const SAID: usize = 500;

/// Takes mail to a mail server.
pub struct Courier {
    server: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    from: Mailbox,
    patience: Duration,
}

/// Why a mail was not sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotSent {
    /// In the mail server's words, if it has said something: one line, not too long.
    pub said: String,
    /// The mail server will not have it (5xx), now or later, unless somebody does something about
    /// it.
    pub refused: bool,
}

/// Why there is no courier.
#[derive(Debug, thiserror::Error)]
pub enum NoCourier {
    /// The sender is none.
    #[error(
        "[mail] from = {from:?} is not a mail address: {why}; write \"Strowger <strowger@stad.be>\""
    )]
    From {
        /// As written.
        from: String,
        /// What is wrong with it.
        why: lettre::address::AddressError,
    },
    /// A file cannot be read.
    #[error("[mail] the file {} cannot be read: {error}", path.display())]
    File {
        /// Password or certificates.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A password without a user, or the other way round.
    #[error("[mail] user and password_file go together")]
    HalfALogin,
    /// A password would be sent for everybody to read.
    #[error(
        "[mail] security = \"none\" would send the password in the clear; use \"tls\" or \"starttls\""
    )]
    Exposed,
    /// The certificates are none, or TLS cannot be had.
    #[error("[mail] TLS: {0}")]
    Tls(#[from] lettre::transport::smtp::Error),
}

impl Courier {
    /// Prepares; does not connect yet.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    pub fn new(config: &MailConfig) -> Result<Self, NoCourier> {
        let from = config
            .from
            .parse()
            .map_err(|why| NoCourier::From { from: config.from.clone(), why })?;
        let read = |path: &PathBuf| {
            std::fs::read_to_string(path)
                .map_err(|error| NoCourier::File { path: path.clone(), error })
        };
        let credentials = match (&config.user, &config.password_file) {
            (Some(_), Some(_)) if config.security == Security::None => {
                return Err(NoCourier::Exposed);
            }
            (Some(user), Some(file)) => Some(Credentials::new(
                user.clone(),
                read(file)?.trim_end_matches(['\r', '\n']).to_owned(),
            )),
            (None, None) => None,
            _ => return Err(NoCourier::HalfALogin),
        };
        let parameters = || -> Result<TlsParameters, NoCourier> {
            let mut parameters = TlsParameters::builder(config.server.clone());
            if let Some(file) = &config.ca_file {
                parameters =
                    parameters.add_root_certificate(Certificate::from_pem(read(file)?.as_bytes())?);
            }
            Ok(parameters.build()?)
        };
        let (port, tls) = match config.security {
            Security::Tls => (465, Tls::Wrapper(parameters()?)),
            Security::Starttls => (587, Tls::Required(parameters()?)),
            Security::None => (25, Tls::None),
        };
        Ok(Self {
            server: config.server.clone(),
            port: config.port.unwrap_or(port),
            tls,
            credentials,
            from,
            patience: PATIENCE,
        })
    }

    /// Hands a mail to the mail server.
    ///
    /// # Errors
    /// What the mail server said, or why it could not be reached.
    pub async fn send(&self, mail: &Mail) -> Result<(), NotSent> {
        let message = self.message(mail).map_err(|said| NotSent { said, refused: true })?;
        self.say(Some(&message)).await
    }

    /// Connects and logs in as for a mail, and hands none over.
    ///
    /// # Errors
    /// What the mail server said, or why it could not be reached.
    pub async fn reach(&self) -> Result<(), NotSent> {
        self.say(None).await
    }

    async fn say(&self, message: Option<&Message>) -> Result<(), NotSent> {
        let delivered = timeout(self.patience, self.deliver(message)).await.map_err(|_| {
            let said = format!("the mail server took longer than {:?}", self.patience);
            NotSent { said, refused: false }
        })?;
        let mut connection = delivered
            .map_err(|error| NotSent { said: said(&error), refused: error.is_permanent() })?;
        // The server has the mail, whatever becomes of the farewell.
        let _ = timeout(FAREWELL, connection.abort()).await;
        Ok(())
    }

    /// On a connection of its own, which is still open then.
    async fn deliver(&self, message: Option<&Message>) -> Result<AsyncSmtpConnection, Error> {
        let (wrapper, starttls) = match &self.tls {
            Tls::Wrapper(parameters) => (Some(parameters.clone()), None),
            Tls::Required(parameters) => (None, Some(parameters.clone())),
            _ => (None, None),
        };
        let wire = Wire::open(&self.server, self.port, wrapper).await?;
        let name = ClientId::default();
        let mut connection =
            AsyncSmtpConnection::connect_with_transport(Box::new(wire), &name).await?;
        if let Some(parameters) = starttls {
            connection.starttls(parameters, &name).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        if let Some(message) = message {
            connection.send(message.envelope(), &message.formatted()).await?;
        }
        Ok(connection)
    }

    fn message(&self, mail: &Mail) -> Result<Message, String> {
        let ordered = SystemTime::UNIX_EPOCH + Duration::from_millis(mail.ordered.0);
        let to = mail.to.parse().map_err(|_| "the recipient is not a mail address".to_owned())?;
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&mail.subject)
            .message_id(Some(format!("<{}@{}>", mail.id, self.from.email.domain())))
            .date(ordered)
            .header(ContentType::TEXT_PLAIN);
        message.body(mail.text.clone()).map_err(|error| error.to_string())
    }
}

/// An error with what brought it about, cut to what one may keep and log.
fn said(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_said = cause.to_string();
        if !said.contains(&cause_said) {
            said = format!("{said}: {cause_said}");
        }
        source = cause.source();
    }
    short(&said)
}

/// One line of at most [`SAID`] characters.
fn short(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let mut line = words.join(" ");
    if let Some((end, _)) = line.char_indices().nth(SAID) {
        line.truncate(end);
        line.push('…');
    }
    line
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use strowger_model::{CallId, Timestamp};
    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::{TcpListener, TcpStream},
        time::{Instant, sleep},
    };

    fn config() -> MailConfig {
        MailConfig {
            server: "localhost".to_owned(),
            port: None,
            security: Security::None,
            user: None,
            password_file: None,
            ca_file: None,
            from: "Strowger <strowger@stad.be>".to_owned(),
        }
    }

    fn mail() -> Mail {
        Mail {
            id: "038g0xwfyg000-3-1".to_owned(),
            call: CallId::next(0, None),
            flow: "permanentie".into(),
            template: "callback".to_owned(),
            to: "desk@stad.be".to_owned(),
            subject: "Terugbellen".to_owned(),
            text: "Gelieve terug te bellen.\n.\nÇa va\n".to_owned(),
            ordered: Timestamp(1_795_469_400_000),
        }
    }

    /// A mail server that does with a connection what a test says.
    async fn sent_to<F: Future<Output = ()> + Send + 'static>(
        serve: impl FnOnce(TcpStream) -> F + Send + 'static,
        patience: Duration,
    ) -> Result<(), NotSent> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = "127.0.0.1".to_owned();
        let config = MailConfig { server, port: Some(port), ..config() };
        let courier = Courier { patience, ..Courier::new(&config).unwrap() };
        let serving = tokio::spawn(async move { serve(listener.accept().await.unwrap().0).await });
        let sent = timeout(Duration::from_secs(20), courier.send(&mail())).await;
        serving.abort();
        sent.expect("the courier comes back")
    }

    /// Greets, and gives each line of the courier the answer that a test says; none: silence.
    async fn answer(mut stream: TcpStream, answers: impl Fn(&str) -> Option<String>) {
        let (read, mut write) = stream.split();
        write.write_all(b"220 ready\r\n").await.unwrap();
        let mut lines = BufReader::new(read).lines();
        let mut writing = false;
        while let Some(line) = lines.next_line().await.unwrap() {
            writing = (writing || line == "DATA") && line != ".";
            if let Some(answer) = answers(&line)
                && (!writing || line == "DATA")
            {
                write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            }
        }
    }

    #[tokio::test]
    async fn a_greeting_without_an_end_is_not_read_for_ever() {
        let endless = async |mut stream: TcpStream| {
            while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
        };
        let said = sent_to(endless, PATIENCE).await.unwrap_err();
        assert!(!said.refused && said.said.contains("more than 262144 bytes"), "{said:?}");
    }

    #[tokio::test]
    async fn a_server_that_dawdles_holds_mail_up_for_a_time_only() {
        let slow = async |mut stream: TcpStream| {
            while stream.write_all(b"2").await.is_ok() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        let patience = Duration::from_millis(400);
        let begun = Instant::now();
        let said = sent_to(slow, patience).await.unwrap_err();
        assert!(!said.refused && said.said.contains("longer than 400ms"), "{said:?}");
        assert!(begun.elapsed() >= patience);
    }

    #[tokio::test]
    async fn a_mail_that_is_taken_is_sent_also_when_nobody_says_farewell() {
        let serve = |stream| {
            answer(stream, |line| match line {
                "QUIT" => None,
                "DATA" => Some("354 go on".to_owned()),
                _ => Some("250 good".to_owned()),
            })
        };
        sent_to(serve, PATIENCE).await.unwrap();
    }

    /// Whatever the server says, and however much of it before it is asked.
    #[test]
    fn fuzz_what_a_server_says() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let said = "220 ready\r\n250-good\r\n250-SIZE 1000\r\n250 8BITMIME\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 taken\r\n221 bye\r\n";
        strowger_test_support::fuzz(&[said.as_bytes()], |said| {
            let said = said.to_vec();
            let serve = async move |mut stream: TcpStream| {
                // It may have gone by now.
                let _ = stream.write_all(&said).await;
                let _ = stream.shutdown().await;
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            };
            let sent = runtime.block_on(sent_to(serve, Duration::from_secs(2)));
            if let Err(NotSent { said, .. }) = sent {
                assert!(said.chars().count() <= SAID + 1, "{said:?}");
            }
        });
    }

    #[tokio::test]
    async fn of_what_a_server_says_one_line_is_kept() {
        let serve = |stream| {
            answer(stream, |line| match line.starts_with("MAIL") {
                true => Some("550-no \x1b[31mmail\r\n".repeat(200) + "550 today"),
                false => Some("250 good".to_owned()),
            })
        };
        let said = sent_to(serve, PATIENCE).await.unwrap_err();
        assert!(said.refused && said.said.contains("no [31mmail"), "{said:?}");
        assert_eq!(said.said.chars().count(), SAID + 1, "{said:?}");
        assert!(!said.said.contains(char::is_control), "{said:?}");
        assert_eq!(short("ça\r\n va"), "ça va");
    }

    #[test]
    fn a_mail_is_text_whose_fields_are_no_headers() {
        let mail = Mail { subject: "Terugbellen\r\nBcc: all@stad.be".to_owned(), ..mail() };
        let message =
            String::from_utf8(Courier::new(&config()).unwrap().message(&mail).unwrap().formatted())
                .unwrap();
        let (head, _) = message.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("Message-ID: <038g0xwfyg000-3-1@stad.be>\r\n"), "{head}");
        assert!(head.contains("To: desk@stad.be\r\n"), "{head}");
        assert!(head.contains("Date: Mon, 23 Nov 2026 21:30:00 +0000"), "{head}");
        assert!(!head.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{head}");
        let wrong = Mail { to: "desk@stad.be\r\nBcc: all@stad.be".to_owned(), ..mail };
        assert!(Courier::new(&config()).unwrap().message(&wrong).is_err());
    }

    #[test]
    fn a_configuration_that_cannot_work_is_refused() {
        let wrong = |config: MailConfig| Courier::new(&config).err().unwrap().to_string();
        assert!(
            wrong(MailConfig { from: "nobody".to_owned(), ..config() })
                .contains("not a mail address")
        );
        assert!(
            wrong(MailConfig { user: Some("u".to_owned()), ..config() }).contains("go together")
        );
        let file = Some("/nonexistent/password".into());
        assert!(
            wrong(MailConfig {
                user: Some("u".to_owned()),
                password_file: file.clone(),
                ..config()
            })
            .contains("in the clear")
        );
        let tls = MailConfig {
            security: Security::Tls,
            user: Some("u".to_owned()),
            password_file: file,
            ..config()
        };
        assert!(wrong(tls).contains("/nonexistent/password"));
    }
}
