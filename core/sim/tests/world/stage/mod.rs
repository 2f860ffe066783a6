//! A small site in the virtual world, at rest: a distribution, a load balancer, two tasks in two
//! zones, and a bucket with the sorry page.

use standin_kernel::{ApiError, Bytes, Duration, Env, ServiceName, Value, json};
use standin_sim::World;
use standin_sim::drill::Act;

pub(crate) const TEMPLATE: &str = include_str!("template.yaml");
pub(crate) const SORRY: &[u8] = b"sorry\n";

pub(crate) struct Site {
    pub(crate) world: World,
}

/// What a viewer got, in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Got {
    /// `None`: no answer.
    pub(crate) status: Option<u16>,
    pub(crate) sorry: bool,
    pub(crate) took: Duration,
}

impl Site {
    pub(crate) fn new(parameters: &[(&str, &str)]) -> Self {
        let mut world = World::new(Env::default(), 7);
        let parameters: Vec<Value> = parameters
            .iter()
            .map(|(key, value)| json!({"ParameterKey": key, "ParameterValue": value}))
            .collect();
        let stack = json!({
            "StackName": "site",
            "TemplateBody": TEMPLATE,
            "Parameters": parameters,
        });
        world.call(ServiceName::CloudFormation, "CreateStack", stack).unwrap();
        let mut site = Self { world };
        assert_eq!(site.settled(), "CREATE_COMPLETE");
        let pages = site.physical("Pages");
        site.world
            .put_object(&pages, "sorry/index.html", "text/html", Bytes::from_static(SORRY))
            .unwrap();
        site.pass(30);
        site
    }

    pub(crate) fn physical(&self, logical_id: &str) -> String {
        let cloudformation = &self.world.engine().services().cloudformation;
        cloudformation.resource(None, logical_id).unwrap().physical_id
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        let until = self.world.now() + Duration::from_secs(seconds);
        self.world.run_until(until);
    }

    /// Waits until the stack's operation has ended, and says how.
    pub(crate) fn settled(&mut self) -> String {
        let mut status = String::new();
        self.world.run_while(|world| {
            let name = json!({"StackName": "site"});
            let described = world.call(ServiceName::CloudFormation, "DescribeStacks", name);
            status = described.unwrap()["Stacks"][0]["StackStatus"].as_str().unwrap().to_owned();
            status.ends_with("_IN_PROGRESS")
        });
        status
    }

    pub(crate) fn try_break(&mut self, target: &str, mode: &str) -> Result<(), ApiError> {
        let mode = mode.parse().unwrap();
        self.world.act(&Act::Break { target: target.into(), mode, lasts: None })
    }

    pub(crate) fn broken(&mut self, target: &str, mode: &str) {
        self.try_break(target, mode).unwrap();
    }

    pub(crate) fn repair(&mut self) {
        self.world.act(&Act::Repair { target: None }).unwrap();
    }

    /// Asks now and waits for the answer, at most half a minute.
    pub(crate) fn ask(&mut self, target: &str) -> Got {
        let begin = self.world.now();
        let exchange = self.world.ask("localhost", target, false);
        let until = begin + Duration::from_secs(30);
        let mut seen = None;
        while seen.is_none() && self.world.now() < until {
            let soon = self.world.now() + Duration::from_millis(10);
            self.world.run_until(soon);
            seen = self.world.seen(exchange);
        }
        let took = seen.as_ref().map_or(until, |seen| seen.at).since(begin);
        let answer = seen.and_then(|seen| seen.answer);
        Got {
            status: answer.as_ref().map(|(head, _)| head.status),
            sorry: answer.is_some_and(|(_, body)| body == SORRY),
            took,
        }
    }

    /// Asks every second; how many answers had which status, in order of the first of each.
    pub(crate) fn statuses(&mut self, target: &str, count: usize) -> Vec<(Option<u16>, usize)> {
        let mut statuses: Vec<(Option<u16>, usize)> = Vec::new();
        for _ in 0..count {
            let next = self.world.now() + Duration::from_secs(1);
            let status = self.ask(target).status;
            match statuses.iter_mut().find(|(known, _)| *known == status) {
                Some((_, count)) => *count += 1,
                None => statuses.push((status, 1)),
            }
            self.world.run_until(next);
        }
        statuses
    }

    /// The living tasks of the service: their ARNs.
    pub(crate) fn tasks(&self) -> Vec<String> {
        let service = self.physical("Service");
        let ecs = &self.world.engine().services().ecs;
        ecs.tasks_of(&service).into_iter().map(|task| task.0).collect()
    }
}
