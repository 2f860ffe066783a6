//! Which function, and which version or alias of it, a name means: a bare name, `name:qualifier`,
//! a part of an ARN or a whole one.

use standin_kernel::{ApiError, Cx};

use crate::Lambda;
use crate::error::{invalid, no_function, validation};
use crate::state::{Function, function_arn};

/// A function and a qualifier as somebody named them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) qualifier: Option<String>,
}

impl Named {
    /// `qualifier`: the one given beside the name; it must be the one in the name, if there is one.
    pub(crate) fn read(text: &str, qualifier: Option<&str>) -> Result<Self, ApiError> {
        let rest = text.split_once(":function:").map_or(text, |(_, rest)| rest);
        let rest = rest.strip_prefix("function:").unwrap_or(rest);
        let (name, own) = match rest.split_once(':') {
            Some((name, own)) => (name, Some(own)),
            None => (rest, None),
        };
        check_name(name)?;
        if let (Some(own), Some(given)) = (own, qualifier)
            && own != given
        {
            return Err(invalid(
                "The derived qualifier from the function name does not match the specified \
                 qualifier.",
            ));
        }
        let qualifier = qualifier.or(own).map(str::to_owned);
        Ok(Self { name: name.to_owned(), qualifier })
    }

    pub(crate) fn arn(&self, cx: &Cx<'_>) -> String {
        let arn = function_arn(cx.env, &self.name);
        match &self.qualifier {
            Some(qualifier) => format!("{arn}:{qualifier}"),
            None => arn,
        }
    }
}

/// LAM-FN-01.
pub(crate) fn check_name(name: &str) -> Result<(), ApiError> {
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.chars().count() > 64 {
        let constraint = "Member must have length less than or equal to 64";
        return Err(validation(name, "functionName", constraint));
    }
    if name.is_empty() || !name.chars().all(fine) {
        let constraint = "Member must satisfy regular expression pattern: [a-zA-Z0-9-_]+";
        return Err(validation(name, "functionName", constraint));
    }
    Ok(())
}

impl Lambda {
    /// The function meant, which must have the qualifier.
    pub(crate) fn named(&self, cx: &Cx<'_>, named: &Named) -> Result<&Function, ApiError> {
        let unknown = || no_function(&named.arn(cx));
        let function = self.state.functions.get(&named.name).ok_or_else(unknown)?;
        match &named.qualifier {
            Some(qualifier) if !function.has(qualifier) => Err(unknown()),
            _ => Ok(function),
        }
    }

    pub(crate) fn named_mut(
        &mut self,
        cx: &Cx<'_>,
        named: &Named,
    ) -> Result<&mut Function, ApiError> {
        self.named(cx, named)?;
        let function = self.state.functions.get_mut(&named.name);
        function.ok_or_else(|| no_function(&named.arn(cx)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_has_many_names() {
        let read = |text, qualifier| {
            let named = Named::read(text, qualifier).unwrap();
            (named.name, named.qualifier.unwrap_or_default())
        };
        let plain = ("f".to_owned(), String::new());
        assert_eq!(read("f", None), plain);
        assert_eq!(read("123456789012:function:f", None), plain);
        assert_eq!(read("arn:aws:lambda:eu-west-1:123456789012:function:f", None), plain);
        let live = ("f".to_owned(), "live".to_owned());
        assert_eq!(read("f:live", None), live);
        assert_eq!(read("f", Some("live")), live);
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:f:live";
        assert_eq!(read(arn, Some("live")), live);
        assert!(Named::read("f:live", Some("other")).is_err());
    }

    #[test]
    fn lam_fn_01_a_name_has_at_most_64_letters() {
        assert!(check_name(&"a".repeat(64)).is_ok());
        let error = check_name(&"a".repeat(65)).unwrap_err();
        assert!(error.message.contains("'functionName'"), "{}", error.message);
        assert!(check_name("a b").is_err());
    }
}
