//! `standin drill`: plays a story on the running stack with real sockets, or in the simulator.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use standin_cloudformation::template::read_value;
use standin_kernel::{Bytes, Env, json};
use standin_sim::{Drill, Object, Observation, Stage, Timeline, Verdict, World, judge, play};

use crate::link::Link;
use crate::template::{TemplateFile, listed};
use crate::{Failure, StateOption};

mod real;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The drill's file
    file: PathBuf,
    /// Play it in the simulator instead of on the running stack
    #[arg(long = "virtual")]
    virtually: bool,
    /// Seed of everything random in the simulator
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Print JSON: every observation, the timeline, the verdicts
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    state: StateOption,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Failure> {
    let drill = read(&options.file)?;
    let begun = Instant::now();
    let (observations, title) = if options.virtually {
        let seen = play_virtually(&drill, &options.file, options.seed)?;
        let took = begun.elapsed().as_secs_f64();
        (seen, format!("{} in the simulator, seed {}, {took:.2} s", drill.name, options.seed))
    } else {
        let link = Link::required(&options.state.state_dir).await?;
        let seen = real::play(&link, &drill, options.json).await?;
        (seen, format!("{} on the running stack", drill.name))
    };
    let timeline = Timeline::of(&observations);
    let verdicts = judge(&drill, &observations);
    if options.json {
        let report = json!({
            "drill": drill.name, "world": if options.virtually { "virtual" } else { "real" },
            "observations": observations, "timeline": timeline, "verdicts": verdicts,
        });
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{title}\n\n{}", timeline.text());
        print!("{}", verdict_text(&verdicts));
    }
    let met = verdicts.iter().all(|verdict| verdict.met);
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read(path: &Path) -> Result<Drill, Failure> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|wrong| format!("{shown}: {wrong}"))?;
    let value = read_value(&shown, &text).map_err(|wrong| listed(&wrong))?;
    Drill::from_value(value).map_err(|wrong| format!("{shown}: {wrong}").into())
}

/// Creates the drill's own stack in the simulator and plays the story there.
fn play_virtually(drill: &Drill, path: &Path, seed: u64) -> Result<Vec<Observation>, Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut template = TemplateFile::read(Some(&folder.join(&drill.template)))?;
    let parameters: Vec<(String, String)> = drill
        .parameters
        .iter()
        .map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.clone(), text)
        })
        .collect();
    let stack = template.stack_name();
    template.bind(&stack, &parameters)?;
    let mut objects = Vec::new();
    for (bucket, folder) in template.folders() {
        for (key, file) in standin_host::fill::keys_below(folder)? {
            let body = Bytes::from(std::fs::read(&file)?);
            let content_type = standin_host::fill::content_type(&file).to_owned();
            objects.push(Object { bucket: bucket.to_owned(), key, content_type, body });
        }
    }
    let stage = Stage { stack: template.stack_input(&stack, &parameters), objects };
    let mut world = World::new(Env::default(), seed);
    Ok(play(&mut world, drill, &stage)?)
}

fn verdict_text(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        let mark = if verdict.met { "met    " } else { "NOT MET" };
        let (says, answers) = (&verdict.says, verdict.answers);
        text.push_str(&format!("{mark}  {says} ({answers} answers"));
        match &verdict.first_against {
            Some(first) if verdict.against > 0 => {
                text.push_str(&format!(", {} against it; first: {first})\n", verdict.against));
            }
            Some(why) => text.push_str(&format!("; {why})\n")),
            None => text.push_str(")\n"),
        }
    }
    text
}
