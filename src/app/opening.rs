//! What has to be there before anything else: the database, and the key that opens what is sealed in it.

use std::fs::File;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::StartError;
use crate::config::{self, Config};
use crate::store::{Database, Store, seal};
use crate::vault::{self, Vault};

/// Opens and migrates the database of a configuration.
///
/// # Errors
/// See [`StartError`].
pub async fn open_store(config: &Config) -> Result<Store, StartError> {
    let _alone = alone_with(&config.database).await?;
    Ok(Store::open(config.database.clone()).await?)
}

/// As [`open_store`], but only where there is a database already: commands that only read create none.
///
/// # Errors
/// [`StartError::NoDatabase`] or [`StartError::Empty`]; else see [`StartError`].
pub async fn open_existing(config: &Config) -> Result<Store, StartError> {
    if let Database::Sqlite(path) = &config.database
        && !Path::new(path).exists()
    {
        return Err(StartError::NoDatabase(path.clone()));
    }
    let _alone = alone_with(&config.database).await?;
    if !Store::is_made(config.database.clone()).await? {
        return Err(StartError::Empty);
    }
    Ok(Store::open(config.database.clone()).await?)
}

/// Makes the folder of a SQLite database, closes its files to others, and keeps other programs from opening it
/// for as long as what is returned lives: SQLite gives up at once where two programs make one database. `None`
/// where there are no locks, and on PostgreSQL, which needs none.
async fn alone_with(database: &Database) -> Result<Option<File>, StartError> {
    let Database::Sqlite(path) = database else { return Ok(None) };
    let folder = match Path::new(path).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    std::fs::create_dir_all(&folder).map_err(|e| StartError::DatabaseDir(folder.display().to_string(), e))?;
    for kept in ["", "-wal", "-shm"] {
        let file = format!("{path}{kept}");
        close_to_others(Path::new(&file));
        // Without that right SQLite would read it, and refuse every change.
        match rustix::fs::access(&file, rustix::fs::Access::WRITE_OK) {
            Err(error) if error != rustix::io::Errno::NOENT => {
                return Err(StartError::DatabaseDir(file, error.into()));
            }
            _ => {}
        }
    }
    let lock = move || File::open(folder).and_then(|folder| folder.lock().map(|()| folder));
    Ok(tokio::task::spawn_blocking(lock).await.ok().and_then(Result::ok))
}

/// The vault under the configuration's key, which has to be the key that this database was sealed under; the
/// first start decides which that is.
///
/// # Errors
/// [`StartError::WrongKey`] or [`StartError::KeyGone`]; else see [`StartError`].
pub async fn unlock(config: &Config, store: &Store) -> Result<Vault, StartError> {
    let known = store.read(seal::known).await?;
    let file = config.data_dir.join("key");
    if known && config.key.is_none() && !file.exists() {
        return Err(StartError::KeyGone(file.display().to_string()));
    }
    let vault = Vault::new(&master_key(config)?);
    let own = vault.clone();
    store.write(move |tx| seal::check(tx, &own)).await??;
    Ok(vault)
}

/// The key of the configuration, or the one kept in the data directory, made on the first start.
///
/// # Errors
/// See [`StartError`].
fn master_key(config: &Config) -> Result<[u8; 32], StartError> {
    if let Some(key) = config.key {
        return Ok(key);
    }
    let file = config.data_dir.join("key");
    let shown = file.display().to_string();
    let failed = |e| StartError::DataDir(shown.clone(), e);
    if !file.exists() {
        std::fs::create_dir_all(&config.data_dir).map_err(failed)?;
        make_key(&config.data_dir, &file).map_err(failed)?;
    }
    close_to_others(&file);
    let text = std::fs::read_to_string(&file).map_err(failed)?;
    config::key(text.trim()).map_err(|_| StartError::KeyFile(shown))
}

/// Makes a key. Two first commands may do so at once: a key appears as a whole or not at all, and the one that
/// was there first stays.
fn make_key(folder: &Path, file: &Path) -> std::io::Result<()> {
    let number = u64::from_be_bytes(vault::random());
    let own = folder.join(format!("key.{number:016x}"));
    write_secret(&own, &STANDARD.encode(vault::random::<32>()))?;
    let linked = std::fs::hard_link(&own, file);
    std::fs::remove_file(&own)?;
    linked.or_else(|e| if e.kind() == std::io::ErrorKind::AlreadyExists { Ok(()) } else { Err(e) })?;
    // Its name, too, has to survive a power cut.
    File::open(folder)?.sync_all()
}

/// Takes access to a file from everybody but its owner: a restored backup may have left it open.
fn close_to_others(file: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let close = || {
        let found = std::fs::metadata(file)?;
        let mode = found.permissions().mode();
        // A folder in its place is not ours to change, and a mistake that is reported elsewhere.
        if mode & 0o077 == 0 || !found.is_file() {
            return Ok(());
        }
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode & 0o700))
    };
    match close() {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, file = %file.display(), "others can read this file, and it cannot be closed to them");
        }
        _ => {}
    }
}

fn write_secret(file: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(file)?;
    file.write_all(text.as_bytes())?;
    // Losing this key loses everything sealed under it.
    file.sync_all()
}
