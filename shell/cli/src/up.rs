//! `standin up`: creates or updates a stack and runs it until it is told to stop.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::rc::Rc;
use std::time::Duration;

use clap::Args;
use standin_host::{Config, Driver, Question, TlsPort};
use standin_kernel::{Env, Pace, ServiceName, Value, json};

use crate::credentials;
use crate::events::{Ending, Follower, stack_status, text};
use crate::link::{Endpoint, Link, Ports, refused};
use crate::template::TemplateFile;
use crate::{Failure, PaceOption, StateOption};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The CloudFormation template (default: template.yaml here, else the reference stack
    /// stacks/diary/template.yaml)
    template: Option<PathBuf>,
    /// Name of the stack (default: the template's name, or its folder's when it is called template)
    #[arg(long)]
    stack_name: Option<String>,
    /// Parameters of the template, as for `aws cloudformation deploy --parameter-overrides`
    #[arg(long, value_name = "KEY=VALUE", num_args = 1.., value_parser = parameter)]
    parameters: Vec<(String, String)>,
    #[command(flatten)]
    run: RunOptions,
    /// Run in the background once the stack is up
    #[arg(long)]
    detach: bool,
}

/// How a run is set up.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub(crate) state: StateOption,
    /// Port on which viewers reach distributions and load balancers
    #[arg(long, default_value_t = 8080)]
    pub(crate) edge_port: u16,
    /// Port on which they do so over TLS (default: 8443, or any free port where that is in use)
    #[arg(long)]
    pub(crate) tls_port: Option<u16>,
    /// Port of the AWS endpoint
    #[arg(long, default_value_t = 4566)]
    pub(crate) api_port: u16,
    /// Port of the name servers of hosted zones, UDP and TCP (default: none)
    #[arg(long)]
    pub(crate) dns_port: Option<u16>,
    /// How long AWS's own waiting (propagation, provisioning) takes
    #[arg(long, value_enum, default_value_t)]
    pub(crate) pace: PaceOption,
    /// Seed of everything random: ids, phases, choices (default: from the clock)
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Put every decision of the run on record, for `standin replay`
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Region the stack believes to be in
    #[arg(long, default_value = "ap-northeast-1")]
    pub(crate) region: String,
    /// Ask every call of the AWS endpoint for its signature. The environment variable
    /// STANDIN_CREDENTIALS says whose count, as KEY:SECRET,KEY:SECRET; without it every access key
    /// id with the secret `test`
    #[arg(long)]
    pub(crate) require_signature: bool,
    /// Let other machines reach viewers' port and the AWS endpoint at this address of this machine
    /// (0.0.0.0: all of them). Calls from elsewhere have to be signed; STANDIN_CREDENTIALS has to
    /// say whose signatures count
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<IpAddr>,
}

pub(crate) fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("'{text}' is not of the form Key=Value")),
    }
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Failure> {
    let mut template = TemplateFile::read(options.template.as_deref())?;
    let stack = options.stack_name.clone().unwrap_or_else(|| template.stack_name());
    template.bind(&stack, &options.parameters)?;
    if options.detach {
        return detached(&options, &stack).await;
    }
    if let Some(link) = Link::running(&options.run.state.state_dir).await {
        if options.run.record.is_some() {
            return Err("it runs already; a record begins where a run begins".into());
        }
        // The run goes on where it is; this command only brings the stack up to date.
        let ending = deploy(&link, &template, &stack, &options.parameters).await?;
        return finish(&link, &stack, &ending).await;
    }
    let state_dir = options.run.state.state_dir.clone();
    let driver = start(&options.run, false).await?;
    let link = Link::Local(driver.clone());
    // Whatever happens from here on, nothing that was started stays behind.
    let outcome = tokio::select! {
        outcome = bring_up(&link, &template, &stack, &options.parameters) => Some(outcome),
        // Before the stack was up: there is nothing more to wait for.
        () = stop_asked(&driver) => None,
    };
    let outcome = match outcome {
        Some(Ok(code)) if code == ExitCode::SUCCESS => {
            stop_asked(&driver).await;
            println!("stopping; the stack is kept in {}", state_dir.display());
            Ok(code)
        }
        Some(other) => other,
        None => {
            println!("stopping before the stack is up; it is kept in {}", state_dir.display());
            Ok(ExitCode::SUCCESS)
        }
    };
    stop(&driver, &state_dir).await;
    outcome
}

/// Starts a run in this process.
pub(crate) async fn start(options: &RunOptions, quiet: bool) -> Result<Rc<Driver>, Failure> {
    let state_dir = std::path::absolute(&options.state.state_dir)?;
    let pace = match options.pace {
        PaceOption::Fast => Pace::Fast,
        PaceOption::Aws => Pace::Aws,
    };
    let env = Env {
        pace,
        region: options.region.clone(),
        task_network: [127, network_of(&state_dir)],
        ..Env::default()
    };
    let seed = options.seed.unwrap_or_else(seed_of_now);
    let log = Box::new(move |source: &str, line: &str| {
        // Stack events are printed by the command itself.
        if !quiet && source != "cloudformation" {
            println!("{source}: {line}");
        }
    });
    let text = std::env::var(credentials::NAME).ok();
    let known = credentials::read(text.as_deref())?;
    let config = Config {
        listen: options.listen,
        credentials_elsewhere: credentials::elsewhere(options.listen, known.as_ref())?,
        credentials: credentials::near(options.require_signature, known),
        state_dir: state_dir.clone(),
        self_exe: std::env::current_exe()?,
        edge_port: options.edge_port,
        tls_port: match options.tls_port {
            Some(port) => TlsPort::At(port),
            // Who leaves one port to the machine leaves it both.
            None if options.edge_port == 0 => TlsPort::At(0),
            None => TlsPort::Rather(8443),
        },
        api_port: options.api_port,
        dns_port: options.dns_port,
        env,
        seed,
        record: options.record.clone(),
        evaluator: Some(crate::evaluator()),
        log,
    };
    let driver = standin_host::start(config).await?;
    let (edge_port, api_port) = (driver.edge_port.get(), driver.api_port.get());
    let tls_port = driver.tls_port.get();
    if let (Some(_), false) = (options.dns_port, quiet) {
        println!("  name servers   dig @127.0.0.1 -p {}", driver.dns_port.get());
    }
    if let (Some(address), false) = (options.listen, quiet) {
        println!(
            "  other machines reach ports {edge_port}, {tls_port} and {api_port} at {address}"
        );
    }
    let dns_port = driver.dns_port.get();
    let pid = std::process::id();
    Endpoint { pid, edge_port, tls_port, api_port, dns_port }.write(&state_dir)?;
    Ok(driver)
}

/// Stops a run of this process.
pub(crate) async fn stop(driver: &Driver, state_dir: &Path) {
    standin_host::stop(driver, Duration::from_secs(5)).await;
    Endpoint::remove(state_dir);
}

/// Two runs with different state folders give their tasks different addresses.
fn network_of(state_dir: &Path) -> u8 {
    let bytes = state_dir.to_string_lossy();
    let sum = bytes.bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    u8::try_from(sum % 200).unwrap_or(0) + 20
}

fn seed_of_now() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |since| u64::from(since.subsec_nanos()) ^ since.as_secs().rotate_left(32))
}

/// Ctrl-C, SIGTERM, or `standin down`.
pub(crate) async fn stop_asked(driver: &Driver) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut hang_up)) =
        (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
    else {
        return driver.asked_to_stop().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
        () = driver.asked_to_stop() => {}
    }
}

async fn bring_up(
    link: &Link,
    template: &TemplateFile,
    stack: &str,
    parameters: &[(String, String)],
) -> Result<ExitCode, Failure> {
    let ending = deploy(link, template, stack, parameters).await?;
    let code = finish(link, stack, &ending).await?;
    if code == ExitCode::SUCCESS {
        println!("Ctrl-C stops it.");
    }
    Ok(code)
}

/// Creates the stack or updates it, and fills its buckets.
async fn deploy(
    link: &Link,
    template: &TemplateFile,
    stack: &str,
    parameters: &[(String, String)],
) -> Result<Ending, Failure> {
    println!("{} (standin validate lists them)", template.support_line());
    let mut follower = Follower::new(link, stack, false).await;
    let mut status = stack_status(link, stack).await;
    if status.as_deref() == Some("ROLLBACK_COMPLETE") {
        // As on AWS, what failed to be created can only be deleted.
        let input = json!({"StackName": stack});
        link.call(ServiceName::CloudFormation, "DeleteStack", input).await?;
        follower.until_rest(link, async |_| Ok(())).await?;
        status = None;
    } else if status.as_deref().is_some_and(|status| status.ends_with("_IN_PROGRESS")) {
        follower.until_rest(link, async |_| Ok(())).await?;
    }
    let operation = if status.is_some() { "UpdateStack" } else { "CreateStack" };
    let input = template.stack_input(stack, parameters);
    match link.call(ServiceName::CloudFormation, operation, input).await {
        Ok(_) => {}
        Err(failure) if no_updates(&failure) => println!("no changes to the stack {stack}"),
        Err(failure) => return Err(failure),
    }
    let mut filled = Vec::new();
    let ending = follower
        .until_rest(link, async |event| {
            let created = text(event, "ResourceStatus") == "CREATE_COMPLETE";
            let logical_id = text(event, "LogicalResourceId");
            if let (true, Some(folder)) = (created, template.folder_of(logical_id)) {
                // A stack that rolls back may have taken the bucket away again; `refill` tells of
                // any other reason.
                if fill(link, text(event, "PhysicalResourceId"), folder).await.is_ok() {
                    filled.push(logical_id.to_owned());
                }
            }
            Ok(())
        })
        .await?;
    if ending.is_good() {
        refill(link, template, stack, &filled).await?;
    }
    Ok(ending)
}

/// Brings the buckets that an earlier run created up to date.
async fn refill(
    link: &Link,
    template: &TemplateFile,
    stack: &str,
    filled: &[String],
) -> Result<(), Failure> {
    for (logical_id, folder) in template.folders() {
        if filled.iter().any(|done| done == logical_id) {
            continue;
        }
        let mut found = physical_id(link, stack, logical_id).await;
        for nested in nested_stacks(link, stack).await? {
            if found.is_err() {
                found = physical_id(link, &nested, logical_id).await;
            }
        }
        fill(link, &found?, folder).await?;
    }
    Ok(())
}

async fn physical_id(link: &Link, stack: &str, logical_id: &str) -> Result<String, Failure> {
    let input = json!({"StackName": stack, "LogicalResourceId": logical_id});
    let service = ServiceName::CloudFormation;
    let described = link.call(service, "DescribeStackResource", input).await?;
    Ok(text(&described["StackResourceDetail"], "PhysicalResourceId").to_owned())
}

/// The names of the stacks below a stack.
async fn nested_stacks(link: &Link, stack: &str) -> Result<Vec<String>, Failure> {
    let service = ServiceName::CloudFormation;
    let described = link.call(service, "DescribeStacks", json!({"StackName": stack})).await?;
    let root = described["Stacks"][0]["StackId"].clone();
    let described = link.call(service, "DescribeStacks", json!({})).await?;
    let stacks = crate::status::items(&described, "Stacks").into_iter();
    let below = stacks.filter(|one| one["RootId"] == root);
    Ok(below.map(|one| text(&one, "StackName").to_owned()).collect())
}

async fn fill(link: &Link, bucket: &str, folder: &Path) -> Result<(), Failure> {
    let question = Question::Fill { bucket: bucket.to_owned(), folder: folder.to_owned() };
    let filled = link.ask(question).await?;
    println!("          {} objects from {} into {bucket}", filled["Objects"], folder.display());
    Ok(())
}

fn no_updates(failure: &Failure) -> bool {
    refused(failure).is_some_and(|error| error.message.contains("No updates are to be performed"))
}

/// Prints where everything is, or why there is nothing.
async fn finish(link: &Link, stack: &str, ending: &Ending) -> Result<ExitCode, Failure> {
    if !ending.is_good() {
        eprintln!("standin: the stack {stack} ended as {}", ending.status);
        for failure in &ending.failures {
            eprintln!("  {failure}");
        }
        return Ok(ExitCode::FAILURE);
    }
    let Ports { edge: edge_port, tls: tls_port, api: api_port } = link.ports();
    let input = json!({"StackName": stack});
    let resources = link.call(ServiceName::CloudFormation, "DescribeStackResources", input).await?;
    println!("\n{stack} is up");
    println!("  viewers        http://localhost:{edge_port}/");
    for name in dns_names(link, &resources).await? {
        println!("                 http://{name}.localhost:{edge_port}/");
    }
    let hello = link.ask(Question::Hello).await?;
    let authority = text(&hello, "authority");
    println!("  over TLS       https://localhost:{tls_port}/  (curl --cacert {authority})");
    println!("  AWS endpoint   http://127.0.0.1:{api_port}  (AWS_ENDPOINT_URL)");
    let breakable = link.ask(Question::Breakable).await?;
    if let Some(target) = breakable.as_array().and_then(|targets| best_target(targets)) {
        println!("  break it       standin break {target}   then   standin repair {target}");
    }
    println!("  look           standin status   standin explain /   standin logs");
    Ok(ExitCode::SUCCESS)
}

/// The names of distributions and load balancers.
async fn dns_names(link: &Link, resources: &Value) -> Result<Vec<String>, Failure> {
    let mut names = Vec::new();
    for resource in crate::status::items(resources, "StackResources") {
        let id = text(&resource, "PhysicalResourceId");
        let name = match text(&resource, "ResourceType") {
            "AWS::CloudFront::Distribution" => {
                let input = json!({"Id": id});
                let got = link.call(ServiceName::CloudFront, "GetDistribution", input).await?;
                text(&got["Distribution"], "DomainName").to_owned()
            }
            "AWS::ElasticLoadBalancingV2::LoadBalancer" => {
                let input = json!({"LoadBalancerArns": [id]});
                let got = link.call(ServiceName::Elbv2, "DescribeLoadBalancers", input).await?;
                text(&got["LoadBalancers"][0], "DNSName").to_owned()
            }
            _ => continue,
        };
        names.push(name);
    }
    Ok(names)
}

/// A service if there is one: breaking it is what people come for.
fn best_target(targets: &[Value]) -> Option<&str> {
    let named =
        |part: &str| targets.iter().filter_map(Value::as_str).find(|name| name.contains(part));
    named("Service").or_else(|| targets.first()?.as_str())
}

/// Starts the same command in the background and waits until its stack is up.
async fn detached(options: &Options, stack: &str) -> Result<ExitCode, Failure> {
    let state_dir = std::path::absolute(&options.run.state.state_dir)?;
    if Link::running(&state_dir).await.is_some() {
        return Err("it runs already; `standin up` without --detach updates its stack".into());
    }
    std::fs::create_dir_all(&state_dir)?;
    let log_path = state_dir.join("standin.log");
    let log = std::fs::File::create(&log_path)?;
    let arguments = std::env::args_os().skip(1).filter(|argument| argument != "--detach");
    let mut child = std::process::Command::new("setsid")
        .arg(std::env::current_exe()?)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    let mut shown = 0;
    loop {
        let text = std::fs::read_to_string(&log_path)?;
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        print!("{}", &text[shown..whole]);
        shown = whole;
        if text.contains("Ctrl-C stops it.\n") {
            println!("It runs in the background; `standin down` deletes {stack} and stops it.");
            return Ok(ExitCode::SUCCESS);
        }
        if let Some(status) = child.try_wait()? {
            return Ok(ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
