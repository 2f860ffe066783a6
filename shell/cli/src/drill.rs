//! `standin drill`: plays stories on the running stack with real sockets, or in the simulator.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use clap::Args;
use standin_cloudformation::template::{locate_value, read_value};
use standin_kernel::{Bytes, Value, json};
use standin_sim::drill::Worlds;
use standin_sim::fis::experiment;
use standin_sim::{Drill, Object, Run, Stage, Timeline, Verdict, World, judge, play};

use crate::link::Link;
use crate::template::{TemplateFile, listed};
use crate::{Failure, StateOption};

mod browser;
mod html;
mod junit;
mod progress;
mod real;
mod resolve;
mod way;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The drills' files, or folders of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Play them in the simulator instead of on the running stack
    #[arg(long = "virtual")]
    virtually: bool,
    /// Seed of everything random in the simulator
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Show every decision behind an answer, not only the one that made the difference
    #[arg(long)]
    why: bool,
    /// Print JSON: every observation, the timeline, the verdicts
    #[arg(long)]
    json: bool,
    /// Write the verdicts as JUnit XML, a case each expectation
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the timelines as one HTML file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Language the HTML file opens in
    #[arg(long, value_enum, default_value_t, requires = "html")]
    lang: html::Language,
    /// Write the drill as an experiment template of AWS FIS, and play nothing
    #[arg(long, value_name = "FILE", conflicts_with_all = ["virtually", "json", "junit", "html"])]
    export_fis: Option<PathBuf>,
    #[command(flatten)]
    state: StateOption,
}

/// A drill that was played.
struct Played {
    drill: Drill,
    world: &'static str,
    /// What to call it, with world and seed.
    title: String,
    run: Run,
    timeline: Timeline,
    verdicts: Vec<Verdict>,
}

pub(crate) async fn run(options: Options) -> Result<ExitCode, Failure> {
    let files = files(&options.files)?;
    // All are read first: a mistake in the last must not be found after the first was played.
    let stories = files.into_iter().map(|file| Ok((read(&file)?, file)));
    let stories = stories.collect::<Result<Vec<(Drill, PathBuf)>, Failure>>()?;
    if let Some(out) = &options.export_fis {
        return export_fis(&stories, out);
    }
    let mut played = Vec::new();
    for (drill, file) in stories {
        let one = play_one(&options, drill, &file).await?;
        if !options.json {
            println!("{}\n\n{}", one.title, one.timeline.text(options.why));
            println!("{}", verdict_text(&one.verdicts));
        }
        played.push(one);
    }
    if options.json {
        let reports: Vec<Value> = played.iter().map(report).collect();
        let all = if reports.len() == 1 { reports[0].clone() } else { json!(reports) };
        println!("{}", serde_json::to_string_pretty(&all)?);
    } else if played.len() > 1 {
        println!("{}", summary(&played));
    }
    write(options.junit.as_deref(), || junit::text(&played))?;
    write(options.html.as_deref(), || html::text(&played, options.lang))?;
    let met = played.iter().all(Played::is_met);
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Played {
    fn is_met(&self) -> bool {
        self.verdicts.iter().all(|verdict| verdict.met)
    }
}

fn write(path: Option<&Path>, text: impl FnOnce() -> String) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, text()).map_err(|wrong| format!("{}: {wrong}", path.display()).into())
}

/// Writes the experiment of a drill and says what is to be filled in.
fn export_fis(stories: &[(Drill, PathBuf)], out: &Path) -> Result<ExitCode, Failure> {
    let [(drill, file)] = stories else {
        return Err("one drill is one experiment; name one file with --export-fis".into());
    };
    let path = file.parent().unwrap_or(Path::new(".")).join(&drill.template);
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(&path).map_err(|wrong| format!("{shown}: {wrong}"))?;
    let template = read_value(&shown, &text).map_err(|wrong| listed(&wrong))?;
    let experiment = experiment(drill, &template).map_err(|wrong| placed(file, &wrong))?;
    write(Some(out), || format!("{:#}\n", experiment.template))?;
    println!("{} is written; fill in before use:", out.display());
    for (placeholder, what) in &experiment.to_fill_in {
        println!("  {placeholder}  {what}");
    }
    Ok(ExitCode::SUCCESS)
}

/// The files named, and those in the folders named, in the order of their names.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let mut found: Vec<PathBuf> = std::fs::read_dir(path)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        found.retain(|file| {
            let ending = file.extension().and_then(std::ffi::OsStr::to_str);
            matches!(ending, Some("yaml" | "yml" | "json"))
        });
        if found.is_empty() {
            return Err(format!("{}: there is no drill in this folder", path.display()).into());
        }
        found.sort();
        files.append(&mut found);
    }
    Ok(files)
}

fn read(path: &Path) -> Result<Drill, Failure> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|wrong| format!("{shown}: {wrong}"))?;
    let value = read_value(&shown, &text).map_err(|wrong| listed(&wrong))?;
    Drill::from_value(value).map_err(|wrong| placed(path, &wrong).into())
}

/// A mistake with the line of the drill where it is written: `x.yaml:12: viewers[0].get: why`.
fn placed(path: &Path, mistake: &dyn std::fmt::Display) -> String {
    let (shown, mistake) = (path.display().to_string(), mistake.to_string());
    let member = mistake.split(": ").next().unwrap_or_default();
    let text = std::fs::read_to_string(path).unwrap_or_default();
    match locate_value(&shown, &text, member) {
        Some(place) => format!("{shown}:{}: {mistake}", place.line),
        None => format!("{shown}: {mistake}"),
    }
}

async fn play_one(options: &Options, drill: Drill, file: &Path) -> Result<Played, Failure> {
    let shown = file.display();
    let begun = Instant::now();
    let (run, world, title) = if options.virtually {
        if drill.world == Worlds::Real {
            return Err(format!("{shown}: this drill is for the real world; see `world`").into());
        }
        let run =
            play_virtually(&drill, file, options.seed).map_err(|wrong| placed(file, &wrong))?;
        let took = begun.elapsed().as_secs_f64();
        let title = format!("{} in the simulator, seed {}, {took:.2} s", drill.name, options.seed);
        (run, "virtual", title)
    } else {
        if drill.world == Worlds::Virtual {
            let why = "this drill is for the simulator; play it with --virtual";
            return Err(format!("{shown}: {why}").into());
        }
        drill.check_real().map_err(|wrong| placed(file, &wrong))?;
        let link = Link::required(&options.state.state_dir).await?;
        let run =
            real::play(&link, &drill, options.json).await.map_err(|wrong| placed(file, &wrong))?;
        (run, "real", format!("{} on the running stack", drill.name))
    };
    let timeline = Timeline::of(&drill, &run);
    let verdicts = judge(&drill, &run);
    Ok(Played { drill, world, title, run, timeline, verdicts })
}

/// Creates the drill's own stack in the simulator and plays the story there.
fn play_virtually(drill: &Drill, path: &Path, seed: u64) -> Result<Run, Failure> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut template = TemplateFile::read(Some(&folder.join(&drill.template)))?;
    let parameters = drill.parameter_texts();
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
    let stack = template.stack_input(&stack, &parameters);
    let evaluator = Some(crate::evaluator());
    let (keys, handlers) = (standin_sim::Keys::new(), diary_rehearsal::handlers());
    let stage = Stage { stack, objects, keys, evaluator, handlers };
    let mut world = World::new(drill.env(), seed);
    Ok(play(&mut world, drill, &stage)?)
}

fn report(played: &Played) -> Value {
    json!({
        "drill": played.drill.name, "world": played.world, "met": played.is_met(),
        "observations": played.run.observations, "timeline": played.timeline,
        "verdicts": played.verdicts,
    })
}

fn verdict_text(verdicts: &[Verdict]) -> String {
    let mut text = String::new();
    for verdict in verdicts {
        let mark = if verdict.met { "met    " } else { "NOT MET" };
        let (says, answers) = (&verdict.says, verdict.answers);
        text.push_str(&format!("{mark}  {says} ({answers} {}", verdict.counted));
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

/// A line for each of several drills.
fn summary(played: &[Played]) -> String {
    let mut text = String::new();
    for one in played {
        let met = one.verdicts.iter().filter(|verdict| verdict.met).count();
        let mark = if one.is_met() { "met    " } else { "NOT MET" };
        let (name, all) = (&one.drill.name, one.verdicts.len());
        text.push_str(&format!("{mark}  {name}: {met} of {all} expectations\n"));
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use standin_sim::observe::{CLASSES, Got};
    use standin_sim::{Answer, Observation, Pages};

    use super::*;

    /// A drill of ten seconds whose one answer, a page, comes at 1 s. `expected`: `never page`.
    pub(super) fn played(expected: &str) -> Played {
        let (how, class) = expected.split_once(' ').unwrap();
        assert!(CLASSES.contains(&class));
        let drill = Drill::from_value(json!({
            "name": "n <1>", "template": "t", "duration": "10s",
            "viewers": [{"name": "v", "get": "/", "every": "1s"}],
            "expect": [{"after": 0, how: class}],
        }))
        .unwrap();
        let head = standin_kernel::ResponseHead::new(200);
        let at = std::time::Duration::from_secs(1);
        let answer = Answer::of(&head, Vec::new());
        let pages = Pages::default();
        let times = (at, std::time::Duration::ZERO);
        let got = Got { answer: &answer, head: Some(&head), missing: Vec::new() };
        let seen = Observation::new(&drill, 0, times, &pages, got, Vec::new());
        let run = Run { observations: vec![seen], events: Vec::new(), alarms: Vec::new() };
        let timeline = Timeline::of(&drill, &run);
        let verdicts = judge(&drill, &run);
        Played { drill, world: "virtual", title: String::new(), run, timeline, verdicts }
    }

    #[test]
    fn a_mistake_names_the_line_where_it_is_written() {
        let file = std::env::temp_dir().join(format!("standin-drill-{}.yaml", std::process::id()));
        let story = "name: n\ntemplate: t.yaml\nduration: 10s\nviewers:\n  - name: v\n    \
                     get: /\n    every: 1s\nfaults:\n  - at: 1s\n    break: S\n    mode: burn\n";
        std::fs::write(&file, story).unwrap();
        let wrong = read(&file).unwrap_err().to_string();
        std::fs::write(&file, story.replace("burn", "hang").replace("at: 1s", "at: 1h")).unwrap();
        let late = read(&file).unwrap_err().to_string();
        std::fs::remove_file(&file).unwrap();
        let shown = file.display();
        assert!(wrong.starts_with(&format!("{shown}:11: faults[0].mode: 'burn'")), "{wrong}");
        assert!(late.starts_with(&format!("{shown}:9: faults[0].at: 3600s")), "{late}");
    }

    #[test]
    fn a_folder_stands_for_its_drills_in_order() {
        let found = files(&[PathBuf::from("../../stacks/diary/drills")]).unwrap();
        assert!(found.len() > 1 && found.is_sorted());
        assert!(files(&[PathBuf::from("src")]).is_err());
        assert_eq!(files(&[PathBuf::from("x.yaml")]).unwrap(), [PathBuf::from("x.yaml")]);
    }
}
