//! A snapshot is taken while the world goes on.

use synod_cache::Pinned;
use synod_cachestore::{Cut, Host, Stopped};
use synod_replica::{Disk as _, DiskError, DiskOp};

use super::World;

impl Host for World {
    fn cut(&mut self) -> Result<Cut, Stopped> {
        let asked = self.cache.as_mut().expect("it lives").gather.cut();
        loop {
            let progress = self.cache.as_ref().expect("it lives").log.progress();
            if progress.cuts >= asked {
                let (segment, first_commit) = progress.cut.ok_or(Stopped)?;
                return Ok(Cut {
                    segment,
                    first_commit,
                });
            }
            self.step()?;
        }
    }

    fn pin(&mut self, partition: u32) -> Result<(Pinned, u64), Stopped> {
        for _ in 0..self.numbers.below(6) {
            self.step()?;
        }
        self.record();
        let cache = self.cache.as_mut().expect("it lives");
        let pinned = cache.partitions[partition as usize].pin();
        Ok((pinned, cache.gather.sequence(partition)))
    }

    fn settle(&mut self) -> Result<(u64, u64), Stopped> {
        let cache = self.cache.as_mut().expect("it lives");
        let place = cache.gather.appended();
        cache.log.want(place);
        while self.cache.as_ref().expect("it lives").log.progress().synced < place {
            self.step()?;
        }
        Ok(self.cache.as_ref().expect("it lives").gather.numbers())
    }

    fn carry_out(&mut self, op: DiskOp) -> Result<(), DiskError> {
        let ticket = self.disk.submit(op);
        self.awaited = Some((ticket, None));
        loop {
            if let Some((_, Some(result))) = self.awaited.take_if(|it| it.1.is_some()) {
                return result;
            }
            if self.step().is_err() {
                return Err(DiskError::Failed("it dies".to_owned()));
            }
        }
    }

    fn forget(&mut self, before: u64) {
        let files = self.disk.list().expect("names");
        let number = |file: &str, prefix: &str| {
            let digits = file.strip_prefix(prefix)?;
            u64::from_str_radix(digits, 16)
                .ok()
                .filter(|it| *it < before)
        };
        let segments = files.iter().filter_map(|it| number(it, "wal-"));
        self.removes.extend(segments);
        for file in files.iter().filter(|it| number(it, "snapshot-").is_some()) {
            self.disk.submit(DiskOp::Remove { file: file.clone() });
        }
    }
}
