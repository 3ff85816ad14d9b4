//! What the service's processes take of this machine, from `/proc`.

use std::time::Duration;

/// Ticks of a second in `/proc/PID/stat`: `USER_HZ`, which every Linux of today shows as 100 (proc_pid_stat(5)).
const TICKS: u64 = 100;

/// The processes of a service on this machine; none when it runs elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Server {
    /// Their ids.
    pub pids: Vec<u32>,
}

impl Server {
    /// Processor time that they and their ended children have used.
    #[must_use]
    pub fn processor_time(&self) -> Option<Duration> {
        let mut ticks = 0u64;
        for pid in &self.pids {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            // The name of the program may hold blanks; what follows its bracket does not. utime, stime, cutime, cstime are the
            // fields 14 to 17.
            let (_, rest) = stat.rsplit_once(')')?;
            let times = rest.split_whitespace().skip(11).take(4);
            let own: Vec<u64> = times.map_while(|ticks| ticks.parse().ok()).collect();
            ticks += own.iter().sum::<u64>();
        }
        (!self.pids.is_empty()).then(|| Duration::from_millis(ticks * 1000 / TICKS))
    }

    /// The most memory that one of them has held so far, in bytes.
    #[must_use]
    pub fn most_memory(&self) -> Option<u64> {
        let high = |pid: &u32| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
            let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
            let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
            Some(kilobytes * 1024)
        };
        self.pids.iter().filter_map(high).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_process_has_used_memory_and_time() {
        let own = Server {
            pids: vec![std::process::id()],
        };
        assert!(own.most_memory().is_some_and(|bytes| bytes > 1_000_000));
        assert!(own.processor_time().is_some());
        assert_eq!(Server::default().processor_time(), None);
    }
}
