//! Rules about databases: whether another machine takes over, and what a health check makes of a
//! database that is away or was.

use standin_kernel::Value;
use standin_kernel::pattern::matches;

use super::{Draft, Proof, Row, View, measured, words};
use crate::review::case::is_true;
use crate::review::change::Edit;
use crate::review::scene::Item;

/// A database on one machine: while that is broken, nobody has one.
pub(super) fn single_machine(view: &View<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for database in view.scene.all("AWS::RDS::DBInstance") {
        if is_true(&database.properties["MultiAZ"]) {
            continue;
        }
        let id = &database.logical_id;
        let case = format!("{id}: stop");
        let fits = |row: &Row| row.case == case && row.reads_pages();
        let Some(row) = view.largest(fits, |worst| worst.not_right_s) else { continue };
        let (out, out_ja) = measured(Some(row.worst.not_right_s), "without it", "正しいページなし");
        drafts.push(Draft {
            rule: "single-database",
            title: words(
                format!("{id} is on one machine"),
                format!("{id} は1台のマシンだけにある"),
            ),
            why: words(
                format!(
                    "while that machine, or its zone, is broken, pages have no database{out}; a \
                     standby takes over in a minute or two"
                ),
                format!(
                    "マシンまたはゾーンの障害中はページにデータベースがない{out_ja}; スタンバイは1〜2分\
                     で引き継ぐ"
                ),
            ),
            advice: words("set MultiAZ = true", "MultiAZ を true にする"),
            at: (id.clone(), "MultiAZ".to_owned()),
            ledger: vec!["RDS-HA-03", "RDS-HA-05"],
            edits: vec![Edit::new(id, "MultiAZ", true)],
            proof: row.proof(),
            floor: 0.0,
        });
    }
    drafts
}

/// A service behind a load balancer, with what is known of the paths of its container.
struct Checked<'v> {
    service: &'v Item,
    group: &'v Item,
    /// The health check's.
    path: &'v str,
    /// `Model: Paths`.
    paths: &'v [Value],
}

impl Checked<'_> {
    /// Whether the model says that this path needs no database; `None`: it says nothing.
    fn needs_none(&self, path: &str) -> Option<bool> {
        let fits = |one: &&Value| one["Path"].as_str().is_some_and(|it| matches(it, path));
        let found = self.paths.iter().find(fits)?;
        Some(found["NeedsDatabase"] == false || found["NeedsDatabase"] == "false")
    }

    /// A path that says no more than that the task answers.
    fn shallow_path(&self) -> Option<&str> {
        let mut written = self.paths.iter().filter_map(|one| one["Path"].as_str());
        written.find(|path| !path.contains(['*', '?']) && self.needs_none(path) == Some(true))
    }
}

/// The services whose container has a model, if there is a database at all.
fn checked<'v>(view: &'v View<'_>) -> Vec<Checked<'v>> {
    if view.scene.all("AWS::RDS::DBInstance").next().is_none() {
        return Vec::new();
    }
    let of = |service: &'v Item| {
        let balancer = &service.properties["LoadBalancers"][0];
        let group = view.scene.get(balancer["TargetGroupArn"].as_str()?)?;
        let task = service.properties["TaskDefinition"].as_str()?;
        let hint = &view.scene.written["Resources"][task]["Metadata"]["Standin"];
        let model = &hint["Containers"][balancer["ContainerName"].as_str()?]["Model"];
        let paths = model["Paths"].as_array()?;
        let path = group.properties["HealthCheckPath"].as_str().unwrap_or("/");
        Some(Checked { service, group, path, paths })
    };
    view.scene.all("AWS::ECS::Service").filter_map(of).collect()
}

/// A check that fails with the database: ECS replaces tasks that lack nothing else.
pub(super) fn deep_check(view: &View<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for checked in checked(view) {
        let (path, service) = (checked.path, &checked.service.logical_id);
        if checked.needs_none(path) == Some(true) {
            continue;
        }
        let Some(shallow) = checked.shallow_path() else { continue };
        let databases: Vec<String> = view
            .scene
            .all("AWS::RDS::DBInstance")
            .map(|database| format!("{}: ", database.logical_id))
            .collect();
        let of_database = |row: &Row| {
            databases.iter().any(|id| row.case.starts_with(id)) && !row.case.contains(" + ")
        };
        let fits = |row: &Row| of_database(row) && row.reads_pages();
        let Some(row) = view.largest(fits, |worst| worst.not_right_s) else { continue };
        let id = &checked.group.logical_id;
        let case = &row.case;
        let (out, out_ja) = measured(Some(row.worst.not_right_s), "without it", "正しいページなし");
        drafts.push(Draft {
            rule: "deep-health-check",
            title: words(
                format!("{path} fails with the database, and ECS replaces the tasks of {service}"),
                format!("{path} は DB 障害で失敗し、ECS が {service} のタスクを置き換え続ける"),
            ),
            why: words(
                format!(
                    "new tasks do not help, cannot start without the database, and are waited for \
                     when it is back ({case}){out}; with no healthy target left the load balancer \
                     sends requests to all of them anyway"
                ),
                format!(
                    "新しいタスクは DB なしでは起動できず、復旧後もその起動を待つことになる \
                     ({case}){out_ja}; 健全なターゲットがなければロードバランサーは全タスクに送る"
                ),
            ),
            advice: words(
                format!(
                    "set HealthCheckPath = {shallow}; then a task that does not reconnect by \
                     itself stays broken"
                ),
                format!(
                    "HealthCheckPath を {shallow} にする。ただし自力で再接続しないタスクは残り続ける"
                ),
            ),
            at: (id.clone(), "HealthCheckPath".to_owned()),
            ledger: vec!["ALB-HC-05", "ALB-FO-01"],
            edits: vec![Edit::new(id, "HealthCheckPath", shallow)],
            proof: row.proof(),
            floor: 0.0,
        });
    }
    drafts
}

/// A check that does not ask the database: a task that has lost its session keeps its requests.
pub(super) fn lost_sessions(view: &View<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for checked in checked(view) {
        let path = checked.path;
        if checked.needs_none(path) != Some(true) {
            continue;
        }
        let (id, service) = (&checked.group.logical_id, &checked.service.logical_id);
        drafts.push(Draft {
            rule: "lost-sessions",
            title: words(
                format!("{path} answers well for tasks of {service} that lost their database"),
                format!("DB 接続を失った {service} のタスクにも {path} は正常を返す"),
            ),
            why: words(
                "a reboot or a failover breaks all sessions: a task that does not open another one \
                 fails every page until somebody stops it, for nobody takes it for broken",
                "再起動やフェイルオーバーで全接続が切れる: 再接続しないタスクは、誰にも異常と判定\
                 されず、停止されるまで全ページで失敗する",
            ),
            advice: words(
                "see that the service reconnects (Model: Reconnects), or set HealthCheckPath to \
                 a page",
                "サービスが再接続することを確かめるか (Model: Reconnects)、HealthCheckPath をページに\
                 する",
            ),
            at: (id.clone(), "HealthCheckPath".to_owned()),
            ledger: vec!["RDS-HA-04", "ALB-HC-05"],
            edits: vec![Edit::new(id, "HealthCheckPath", "/")],
            proof: Proof::LostSessions,
            floor: 1.2,
        });
    }
    drafts
}
