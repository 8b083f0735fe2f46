//! A failure in one line, for whoever operates the program.

/// What failed and why, each said once: an error of ours says its cause itself, `anyhow`'s contexts do not.
pub fn told(error: &anyhow::Error) -> String {
    let add = |told: String, cause: String| if told.contains(&cause) { told } else { told + ": " + &cause };
    error.chain().map(ToString::to_string).reduce(add).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;
    use crate::store::StoreError;

    #[test]
    fn each_cause_is_told_once() {
        let refused = StoreError::from(diesel::result::Error::NotFound);
        let told = told(&Err::<(), _>(refused).context("the job").unwrap_err());
        assert_eq!(told, "the job: the database refused: Record not found");
    }
}
