//! How many requests a second the tasks of a service can bear, as far as the template's models say
//! it, and a crowd that is more.

use standin_kernel::Value;

use super::case::{desired_count, number};
use super::scene::{Item, Scene};

/// A crowd that asks for `/` besides everybody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Surge {
    pub(crate) per_second: u32,
    /// What all tasks together can answer.
    pub(crate) borne_per_second: u32,
}

/// Three times what can be borne.
const TIMES: f64 = 3.0;
/// A larger crowd is not played; a service that bears as many has no surge here.
const MOST_PER_SECOND: f64 = 900.0;
/// How long an answer takes when the model does not say it, in seconds.
const ANSWER_S: f64 = 0.002;

/// The surge on a service; `None` when its containers have no `Capacity`, or more than is played.
pub(crate) fn of(scene: &Scene, service: &Item) -> Option<Surge> {
    let definition = service.properties["TaskDefinition"].as_str()?;
    let hint = &scene.written["Resources"][definition]["Metadata"]["Standin"]["Containers"];
    let models = hint.as_object()?.values().map(|container| &container["Model"]);
    let narrowest = models.filter_map(|model| {
        let capacity = number(scene.written_value(&model["Capacity"])?)?;
        let answer_s = seconds(scene.written_value(&model["AnswerSeconds"]));
        Some(capacity as f64 / answer_s.unwrap_or(ANSWER_S).max(0.000_1))
    });
    let each = narrowest.min_by(f64::total_cmp)?;
    let borne = each * desired_count(service) as f64;
    let rate = borne * TIMES;
    (rate <= MOST_PER_SECOND)
        .then(|| Surge { per_second: whole(rate).max(1), borne_per_second: whole(borne) })
}

fn seconds(value: Option<&Value>) -> Option<f64> {
    let value = value?;
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A small positive number without its fraction.
fn whole(number: f64) -> u32 {
    let exact = std::time::Duration::try_from_secs_f64(number).unwrap_or_default();
    u32::try_from(exact.as_secs()).unwrap_or(u32::MAX)
}
