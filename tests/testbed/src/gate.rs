//! A gate between a host and Asterisk's HTTP server, which a test can shut.

use crate::AsteriskServer;
use anyhow::{Context, Result};
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

/// What is shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shut {
    /// Nothing.
    Nothing,
    /// The socket of events; requests go through.
    Events,
    /// Everything.
    All,
}

/// The gate. Dropped, it is shut for good, and its address is free again.
pub struct Gate {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    keeper: Option<JoinHandle<()>>,
}

struct State {
    shut: Shut,
    gone: bool,
    /// Both ends of what goes through, and whether it is a socket of events.
    open: Vec<(TcpStream, TcpStream, bool)>,
}

impl Gate {
    /// A gate before a bed's Asterisk.
    ///
    /// # Errors
    /// Its address cannot be listened on.
    pub fn open(pbx: &AsteriskServer) -> Result<Self> {
        let (inside, listener) =
            (pbx.host(1), TcpListener::bind((pbx.host(3), 0)).context("cannot open the gate")?);
        let address = listener.local_addr()?;
        let state =
            Arc::new(Mutex::new(State { shut: Shut::Nothing, gone: false, open: Vec::new() }));
        let shared = Arc::clone(&state);
        let keeper = thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if lock(&shared).gone {
                    return;
                }
                let state = Arc::clone(&shared);
                thread::spawn(move || pass(stream, inside, &state));
            }
        });
        Ok(Self { address, state, keeper: Some(keeper) })
    }

    /// Where the gate is, in place of [`AsteriskServer::url`].
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Shuts the gate, or opens it again. What is shut is cut off at once, and whatever comes later
    /// too.
    pub fn shut(&self, shut: Shut) {
        let mut state = lock(&self.state);
        state.shut = shut;
        state.open.retain(|(outer, inner, events)| {
            let stays = passes(shut, *events);
            if !stays {
                close(outer);
                close(inner);
            }
            stays
        });
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.shut(Shut::All);
        lock(&self.state).gone = true;
        // Wakes the keeper.
        if TcpStream::connect(self.address).is_ok()
            && let Some(keeper) = self.keeper.take()
        {
            let _ = keeper.join();
        }
    }
}

fn passes(shut: Shut, events: bool) -> bool {
    match shut {
        Shut::Nothing => true,
        Shut::Events => !events,
        Shut::All => false,
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn close(stream: &TcpStream) {
    // It may be closed already.
    let _ = stream.shutdown(Shutdown::Both);
}

/// Lets one connection through, as long as it may.
fn pass(mut outer: TcpStream, inside: Ipv4Addr, state: &Mutex<State>) {
    let mut first = [0; 4096];
    let Ok(read) = outer.read(&mut first) else { return };
    let events = first[..read].starts_with(b"GET /ari/events");
    let Ok(mut inner) = TcpStream::connect((inside, 8088)) else { return };
    // Without these every small message waits for an acknowledgement.
    let _ = (outer.set_nodelay(true), inner.set_nodelay(true));
    let clones = || {
        io::Result::Ok((
            (outer.try_clone()?, inner.try_clone()?),
            (outer.try_clone()?, inner.try_clone()?),
        ))
    };
    let Ok((kept, (mut to, mut from))) = clones() else { return };
    {
        let mut state = lock(state);
        if !passes(state.shut, events) {
            return close(&outer);
        }
        state.open.push((kept.0, kept.1, events));
    }
    if inner.write_all(&first[..read]).is_err() {
        return close(&outer);
    }
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        close(&to);
    });
    let _ = io::copy(&mut outer, &mut inner);
    close(&inner);
}
