//! `AlarmActivate` and `AlarmDeactivate`. The answer names what changed by it.

use crate::command::{Alarm, AlarmKind};
use crate::response::Reply;
use crate::store::Store;

use super::GROUP_NO_SPACE;

/// Alarms there can be; members are few, so this is never met by honest use.
const ALARMS_MAX: usize = 1_024;

impl Store {
    pub(super) fn activate(&mut self, alarm: Alarm) -> Reply {
        let raised = self.state.alarms.len() < ALARMS_MAX && self.state.alarms.insert(alarm);
        Reply::Alarm(if raised { vec![alarm] } else { Vec::new() })
    }

    pub(super) fn deactivate(&mut self, alarm: Alarm) -> Reply {
        let mut disarmed = self.state.alarms.remove(&alarm);
        if alarm.kind == AlarmKind::NoSpace {
            disarmed |= self.state.alarms.remove(&GROUP_NO_SPACE);
        }
        Reply::Alarm(if disarmed { vec![alarm] } else { Vec::new() })
    }
}
