//! The account of a virtual world as the switch asks it: operations by name, with the documents
//! that its client makes of AWS's answers.

use diary_switch::{Aws, Failure};
use standin_kernel::{ApiError, Bytes, ServiceName, Value, json};
use standin_sim::World;
use standin_wire::answer;
use standin_wire::model::{Model, Protocol, entry};
use standin_wire::xml;

/// The services of a world.
#[derive(Debug)]
pub(crate) struct Account<'w>(pub(crate) &'w mut World);

impl Aws for Account<'_> {
    fn call(&mut self, service: &str, operation: &str, input: &Value) -> Result<Value, Failure> {
        let failed = |error: ApiError| Failure::new(operation, &error.code, error.message);
        let text = |name: &str| input[name].as_str().unwrap_or_default();
        let Some(entry) = entry(service) else {
            return Err(Failure::new(operation, "Unknown", format!("{service} is not known here")));
        };
        match operation {
            "GetObject" => {
                let body = self.0.object(text("Bucket"), text("Key")).map_err(failed)?;
                Ok(json!({"Body": String::from_utf8_lossy(&body)}))
            }
            "PutObject" => {
                let body = Bytes::copy_from_slice(text("Body").as_bytes());
                let members = ["ContentType", "CacheControl"].map(|name| (name, text(name)));
                let given = members.into_iter().filter(|(_, value)| !value.is_empty());
                let given: Vec<(&str, &str)> = given.collect();
                let place = (text("Bucket"), text("Key"));
                self.0.put_object_with(place, &given, body).map_err(failed)?;
                Ok(json!({}))
            }
            "GetDistributionConfig" => {
                let known = self.ask(ServiceName::CloudFront, operation, input.clone());
                let mut known = known.map_err(failed)?;
                known["DistributionConfig"] = json!(written(entry.model(), operation, &known));
                Ok(known)
            }
            "UpdateDistribution" => {
                let config = text("DistributionConfig").as_bytes();
                let config = xml::read(entry.model(), "DistributionConfig", config);
                let mut input = input.clone();
                input["DistributionConfig"] = config.map_err(failed)?;
                self.ask(ServiceName::CloudFront, operation, input).map_err(failed)
            }
            _ => {
                let name = entry.name_of(operation);
                self.ask(entry.service, &name, input.clone()).map_err(failed)
            }
        }
    }
}

impl Account<'_> {
    fn ask(
        &mut self,
        service: ServiceName,
        operation: &str,
        input: Value,
    ) -> Result<Value, ApiError> {
        self.0.call(service, operation, input)
    }
}

/// The body of an answer as it travels.
fn written(model: &Model, operation: &str, value: &Value) -> String {
    let wire = answer::success(model, Protocol::RestXml, operation, value, "");
    String::from_utf8_lossy(&wire.body).into_owned()
}
