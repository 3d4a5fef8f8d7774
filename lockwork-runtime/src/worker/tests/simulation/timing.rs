//! When a dead process is followed, in a fleet where nothing else goes wrong. Knows no workers.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use lockwork_test_support::history::{Deed, Line, Turn};
use tokio::time::Instant;

use super::recorder::Heard;

/// How much later than it should a timer may fire: timers have whole milliseconds.
const TOLERANCE: Duration = Duration::from_millis(20);

/// What is known of a job.
#[derive(Default)]
struct Course {
    /// The process whose body was begun last, unless it has ended.
    open: Option<u32>,
    heard: Vec<(Instant, u32)>,
}

/// How many dead holders were followed, or who was followed too early or too late. The leases are the jobs'.
pub(super) fn check(
    lines: &[(Instant, Line)],
    heard: &[Heard],
    leases: &BTreeMap<String, Duration>,
) -> Result<u64, String> {
    let mut courses: HashMap<&str, Course> = HashMap::new();
    for Heard { at, process, key } in heard {
        courses.entry(key).or_default().heard.push((*at, *process));
    }
    let (mut dead, mut calls, mut followed) = (HashSet::new(), HashMap::new(), 0);
    for (at, line) in lines {
        match line {
            Line::Process { process, turn: Turn::Died(_) } => {
                dead.insert(*process);
            }
            Line::Job { process, deed: Deed::Call { call }, .. } => {
                calls.insert((process, call), *at);
            }
            Line::Job { process, key, deed: Deed::Begin { call, .. } } => {
                let course = courses.entry(key).or_default();
                if let Some(before) = course.open.replace(*process)
                    && dead.contains(&before)
                {
                    let came = calls.get(&(process, call)).copied().unwrap_or(*at);
                    follows(course, before, came, *at, leases[key])
                        .map_err(|why| format!("process {process} began {key} {why}"))?;
                    followed += 1;
                }
            }
            Line::Job { key, deed: Deed::End { .. }, .. } => courses.entry(key).or_default().open = None,
            _ => {}
        }
    }
    Ok(followed)
}

/// Whether somebody who came at `came` followed the dead at the right time, which is `at`.
fn follows(course: &Course, dead: u32, came: Instant, at: Instant, lease: Duration) -> Result<(), String> {
    let last = |is_it: &dyn Fn(&(Instant, u32)) -> bool| course.heard.iter().rev().find(|heard| is_it(heard));
    if let Some((sign, _)) = last(&|(_, process)| *process == dead)
        && at < *sign + lease
    {
        return Err(format!("{:?} before the lease was over", *sign + lease - at));
    }
    // Somebody may have been there meanwhile, and have left.
    let due = last(&|(when, _)| *when < at).map_or(came, |(sign, _)| came.max(*sign + lease));
    if due + TOLERANCE < at {
        return Err(format!("{:?} after the lease was over", at - due));
    }
    Ok(())
}
