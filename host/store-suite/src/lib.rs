//! What every database under the journal must do, as tests that know no database.
//!
//! For a backend: implement [`Ground`], call [`suite!`] with how to make one in a test file, and the
//! file has all tests. [`deaths`] needs a process of its own, so its two halves are called from
//! tests that the backend writes.
//!
//! # Layout
//! * [`journal`]: what is committed, released and read back. [`office`]: mail, cases, notes.
//!   [`switches`]: how they stand, and who turned them. [`accounts`]: who may use the host. [`campaigns`]: who is called, and who never.
//!   [`retention`]: what is deleted, and what stays.
//! * [`deaths`]: the host is killed in the middle of commits.
//! * [`life`]: things to keep, as they look in life.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
#![allow(missing_docs, reason = "the names of tests say what they show")]

pub mod accounts;
pub mod campaigns;
pub mod deaths;
pub mod journal;
pub mod life;
pub mod office;
pub mod retention;
pub mod switches;

use std::{any::Any, time::Duration};
use strowger_journal::{Backend, Change, Entry, Options, Store};

/// How long a test waits for something that has to happen.
pub const SOON: Duration = Duration::from_secs(20);

/// A database for one test, empty at first and gone when this is dropped.
pub trait Ground {
    /// The journal in it.
    fn backend(&self) -> &dyn Backend;

    /// Keeps everybody from writing until what is returned is dropped, as another program could.
    fn lock(&self) -> Box<dyn Any>;

    /// Whether a text is anywhere in what the database stores, in use or not.
    fn holds(&self, text: &str) -> bool;
}

/// A host's journal on a ground.
pub fn open(ground: &dyn Ground) -> Store {
    Store::open(ground.backend(), Options::default()).unwrap()
}

/// Hands in changes, and waits until they are committed.
pub fn keep(store: &Store, changes: Vec<Change>) {
    store.submit(Entry { changes, release: None });
    assert!(store.flush(SOON));
}

/// All tests of the suite, as `#[test]`s on grounds that an expression makes.
#[macro_export]
macro_rules! suite {
    ($ground:expr) => {
        $crate::suite!(@ $ground; journal:
            what_was_committed_is_read_back
            releases_come_once_and_in_order
            locked_database_stops_no_call
            of_the_clocks_the_last_reading_is_kept
            what_serves_is_kept_and_so_is_every_decision
            one_host_at_a_time_and_nothing_is_read_where_nothing_is);
        $crate::suite!(@ $ground; office:
            mail_is_kept_once_and_due_until_it_is_sent_or_given_up
            what_mail_and_cases_say_goes_with_personal_data
            a_number_is_erased_however_it_was_written
            cases_are_added_and_closed_beside_a_host
            who_cannot_edit_now_is_told_to_try_again
            an_edit_that_is_dropped_changes_nothing
            notes_of_a_call_are_added_until_it_is_anonymous);
        $crate::suite!(@ $ground; switches:
            of_a_switch_the_last_state_and_every_turn_is_kept);
        $crate::suite!(@ $ground; accounts:
            users_and_tokens_are_kept_until_they_are_removed);
        $crate::suite!(@ $ground; campaigns:
            of_campaigns_and_contacts_the_last_state_is_kept
            of_a_campaign_whose_host_died_before_it_was_opened_nothing_is_left
            the_do_not_call_list_outlives_all_and_an_erased_number_stays_on_it
            who_was_on_a_list_goes_with_personal_data
            a_call_to_somebody_on_a_list_is_made_anonymous);
        $crate::suite!(@ $ground; retention:
            old_things_go_and_what_is_in_use_stays
            nothing_is_left_of_an_erased_number);
    };
    (@ $ground:expr; $topic:ident: $($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                $crate::$topic::$name(&$ground);
            }
        )*
    };
}
