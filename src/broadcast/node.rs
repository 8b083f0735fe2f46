//! This process among all that share the database. It marks its leases with a random number of its own, and
//! keeps a file of that name locked for as long as it lives. The system releases the lock however the process
//! ends, so the next process on the same machine knows for certain which ones are gone, and frees at once
//! what they had under way. On other machines their leases have to expire.
//!
//! A delivery that was in flight in two or more crashes backs off, so that one bad message cannot keep crashing the
//! process before others are sent.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::retry;
use crate::store::{Store, StoreError, lanes};
use crate::vault;

/// Identifies one boot of a machine, for all its containers: machines that share a file system do not always
/// share its locks.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

/// This process.
pub struct Node {
    number: i64,
    /// Without the lock nobody learns of its end before its leases expire.
    _locked: Option<File>,
}

/// A process that is gone.
struct Gone {
    /// The number in its leases; `None` where the machine has restarted since, so that they have expired.
    number: Option<i64>,
    lock_file: PathBuf,
    _locked: File,
}

impl Node {
    /// Joins the processes that share the database, and frees what others on this machine died with. Their
    /// lock files are in `folder`, which is created if it is missing; without it, what a process dies with
    /// waits until its leases expire.
    pub async fn enter(store: &Store, folder: &Path, now: DateTime<Utc>) -> Result<Node, StoreError> {
        let (node, gone) = Node::register(folder);
        for gone in gone {
            if let Some(number) = gone.number {
                let again = move |times| retry::after_death(times, now);
                while store.write(move |tx| lanes::free_of(tx, number, now, &again)).await? {}
            }
            gone.forget();
        }
        Ok(node)
    }

    /// The number in its leases.
    pub fn number(&self) -> i64 {
        self.number
    }

    /// Creates its lock file, and looks for those that nobody holds locked any more.
    fn register(folder: &Path) -> (Node, Vec<Gone>) {
        let number = (u64::from_be_bytes(vault::random()) >> 1).cast_signed();
        let here = here();
        let entered = lock_new(folder, &format!("{here}{number:016x}"))
            .and_then(|locked| Ok((Some(locked), Gone::all(folder, &here)?)));
        let (locked, gone) = entered.unwrap_or_else(|error| {
            let folder = folder.display();
            tracing::warn!(%error, %folder, "after a crash, what was under way waits until its lease is over");
            (None, Vec::new())
        });
        (Node { number, _locked: locked }, gone)
    }
}

impl Gone {
    fn all(folder: &Path, here: &str) -> io::Result<Vec<Gone>> {
        let lock_files: Vec<_> = std::fs::read_dir(folder)?.collect::<io::Result<_>>()?;
        Ok(lock_files.into_iter().filter_map(|file| Gone::of(file.path(), here)).collect())
    }

    fn of(lock_file: PathBuf, here: &str) -> Option<Gone> {
        let name = lock_file.file_name()?.to_str()?;
        let number = name.strip_prefix(here).and_then(|number| i64::from_str_radix(number, 16).ok());
        // A process that starts at the same moment may have removed it by now.
        let locked = File::open(&lock_file).ok()?;
        locked.try_lock().ok()?;
        Some(Gone { number, lock_file, _locked: locked })
    }

    /// Removes the lock file: nothing is left of what that process held.
    fn forget(self) {
        if let Err(error) = std::fs::remove_file(&self.lock_file) {
            let file = self.lock_file.display();
            tracing::warn!(%error, %file, "the lock file of a process that is gone stays");
        }
    }
}

fn lock_new(folder: &Path, name: &str) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    let lock_file = File::create_new(folder.join(name))?;
    lock_file.try_lock().map_err(|error| match error {
        TryLockError::Error(error) => error,
        TryLockError::WouldBlock => io::ErrorKind::ResourceBusy.into(),
    })?;
    Ok(lock_file)
}

/// What the names of this machine's lock files begin with.
fn here() -> String {
    let boot = std::fs::read_to_string(BOOT).unwrap_or_default();
    format!("{}.", boot.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_node_is_reported_exactly_once() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("nodes");
        let (first, _) = Node::register(&folder);
        let (second, gone) = Node::register(&folder);
        assert!(gone.is_empty(), "both live");
        let died = first.number;
        drop(first);
        let (third, gone) = Node::register(&folder);
        assert_eq!(gone.iter().map(|gone| gone.number).collect::<Vec<_>>(), [Some(died)]);
        let (_fourth, also) = Node::register(&folder);
        assert!(also.is_empty(), "somebody is at it");
        gone.into_iter().for_each(Gone::forget);
        drop((second, third));
        assert_eq!(Node::register(&folder).1.len(), 2, "of four, one lives and one is forgotten");
    }

    #[test]
    fn of_another_start_of_the_machine_only_the_lock_file_is_left() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("another.0000000000000007"), "").unwrap();
        let (_node, gone) = Node::register(folder.path());
        assert_eq!(gone.iter().map(|gone| gone.number).collect::<Vec<_>>(), [None]);
    }
}
