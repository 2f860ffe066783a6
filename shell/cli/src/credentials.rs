//! Whose signatures count on the AWS endpoint: what `STANDIN_CREDENTIALS` says, and what has to be
//! said before other machines may call.

use std::net::IpAddr;

use standin_host::Credentials;

use crate::Failure;

/// The environment variable: `KEY:SECRET,KEY:SECRET`. Not an option, for a command's line is seen
/// by everybody on the machine.
pub(crate) const NAME: &str = "STANDIN_CREDENTIALS";

/// Shortest secret that counts from elsewhere, in characters; those of AWS have 40.
const SECRET_MIN: usize = 16;

/// The pairs that the variable's text names.
pub(crate) fn read(text: Option<&str>) -> Result<Option<Credentials>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let pair = |pair: &str| match pair.split_once(':') {
        Some((key, secret)) if !key.is_empty() => Ok((key.to_owned(), secret.to_owned())),
        _ => Err(format!("{NAME} is not of the form KEY:SECRET,KEY:SECRET")),
    };
    let known = text.split(',').map(str::trim).map(pair).collect::<Result<_, _>>()?;
    Ok(Some(Credentials { known, any: None }))
}

/// Whose signatures callers of this machine need, if they need any: without names, every access key
/// id with the secret `test`.
pub(crate) fn near(required: bool, known: Option<Credentials>) -> Option<Credentials> {
    let any = || Credentials { any: Some("test".into()), ..Credentials::default() };
    required.then(|| known.unwrap_or_else(any))
}

/// Whose signatures callers from elsewhere need, when somebody listens for them. Whoever may call
/// may start programs here, so nothing is taken for granted.
pub(crate) fn elsewhere(
    listen: Option<IpAddr>,
    known: Option<&Credentials>,
) -> Result<Option<Credentials>, Failure> {
    let Some(address) = listen.filter(|address| !address.is_loopback()) else { return Ok(None) };
    let Some(known) = known else {
        return Err(format!(
            "--listen {address} lets other machines call the AWS endpoint, and whoever may call it \
             may start programs on this one. Say whose signatures count: \
             {NAME}=KEY:SECRET,KEY:SECRET"
        )
        .into());
    };
    let short = |(_, secret): &(&String, &String)| secret.chars().count() < SECRET_MIN;
    match known.known.iter().find(short) {
        Some((key, _)) => Err(format!(
            "--listen {address}: the secret of {key} in {NAME} has fewer than {SECRET_MIN} \
             characters, which others can guess"
        )
        .into()),
        None => Ok(Some(known.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = "0.0.0.0";
    const LONG: &str = "AKIDEXAMPLE:0123456789abcdef";

    fn from(address: &str, text: Option<&str>) -> Result<Option<Credentials>, String> {
        let known = read(text).map_err(|wrong| wrong.to_string())?;
        let address = Some(address.parse().unwrap());
        elsewhere(address, known.as_ref()).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn nobody_listens_for_other_machines_without_credentials() {
        let refused = from(ALL, None).unwrap_err();
        assert!(refused.contains("Say whose signatures count: STANDIN_CREDENTIALS="), "{refused}");
        let refused = from(ALL, Some("me:test")).unwrap_err();
        assert!(refused.contains("the secret of me in"), "{refused}");
        assert!(!refused.contains("test"), "no secret is shown: {refused}");
        assert!(from("192.0.2.1", Some(LONG)).unwrap().is_some());
        assert!(from(ALL, Some("0123")).is_err());
        // The loopback addresses are this machine's own.
        assert!(from("127.0.0.9", None).unwrap().is_none());
        assert!(from("::1", None).unwrap().is_none());
    }

    #[test]
    fn callers_of_this_machine_sign_when_they_have_to() {
        assert!(near(false, read(Some(LONG)).unwrap()).is_none());
        assert_eq!(near(true, None).unwrap().any.as_deref(), Some("test"));
        assert!(near(true, read(Some(LONG)).unwrap()).unwrap().any.is_none());
    }
}
