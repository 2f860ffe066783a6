//! What an operation has to hear from elsewhere before it is carried out: templates and policies in
//! buckets (CFN-TP-13), values of the parameter store (CFN-PA-09).

use standin_kernel::{Answer, ApiError, BlobId, Heard, Need, ServiceName, Value, json};

use crate::address::Object;
use crate::error::validation;

/// What was heard so far.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Library<'a> {
    heard: &'a [Heard],
}

/// Why something cannot be had.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Lack {
    /// It has to be asked for.
    Unheard(Need),
    Refused(ApiError),
}

impl From<ApiError> for Lack {
    fn from(refused: ApiError) -> Self {
        Self::Refused(refused)
    }
}

impl From<Lack> for ApiError {
    fn from(lack: Lack) -> Self {
        match lack {
            Lack::Refused(refused) => refused,
            Lack::Unheard(need) => {
                Self::new("InternalFailure", 500, format!("nobody was asked for {need:?}"))
            }
        }
    }
}

/// Longest text that is read from a bucket, in bytes (CFN-TP-11).
const TEXT_MAX: u64 = 1_000_000;

/// What AWS adds to S3's own words.
const MORE: &str = "\nFor more information check \
                    http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html";

impl<'a> Library<'a> {
    pub(crate) const fn new(heard: &'a [Heard]) -> Self {
        Self { heard }
    }

    /// The text of the object at `url`.
    pub(crate) fn text(self, url: &str) -> Result<String, Lack> {
        let object = Object::at(url)?;
        let mut input = json!({"Bucket": object.bucket, "Key": object.key});
        if let Some(version) = &object.version {
            input["VersionId"] = json!(version);
        }
        let found = self
            .reply(ServiceName::S3, "GetObject", input)?
            .map_err(|refused| validation(format!("S3 error: {}{MORE}", refused.message)))?;
        let named = &found["Standin"];
        if named["Length"].as_u64().is_some_and(|length| length > TEXT_MAX) {
            let message = format!("Template may not exceed {TEXT_MAX} bytes in size.");
            return Err(validation(message).into());
        }
        let blob = named["Blob"].as_str().and_then(BlobId::from_hex);
        let Some(blob) = blob else { return Ok(String::new()) };
        let need = Need::Text(blob);
        match self.answer(&need) {
            None => Err(Lack::Unheard(need)),
            Some(Answer::Text(Some(text))) => Ok(text.clone()),
            Some(_) => {
                let message = "Template format error: unsupported structure.";
                Err(validation(message).into())
            }
        }
    }

    /// `Parameter` of ssm's GetParameter, by name.
    pub(crate) fn parameter(self, name: &str) -> Result<Result<Value, ApiError>, Lack> {
        let input = json!({"Name": name});
        let found = self.reply(ServiceName::Platform, "ssm:GetParameter", input)?;
        Ok(found.map(|found| found["Parameter"].clone()))
    }

    fn reply(
        self,
        service: ServiceName,
        operation: &str,
        input: Value,
    ) -> Result<Result<Value, ApiError>, Lack> {
        let need = Need::Reply { service, operation: operation.to_owned(), input };
        match self.answer(&need) {
            Some(Answer::Reply(reply)) => Ok(reply.clone()),
            _ => Err(Lack::Unheard(need)),
        }
    }

    fn answer(self, need: &Need) -> Option<&'a Answer> {
        self.heard.iter().find(|heard| heard.need == *need).map(|heard| &heard.answer)
    }
}
