//! Wall time, where there is a clock.

/// Whether this target can tell the time.
pub(crate) const AVAILABLE: bool = cfg!(not(all(target_family = "wasm", target_os = "unknown")));

/// A stop watch; without a clock it stands at 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    start: std::time::Instant,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Clock {
            #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
            start: std::time::Instant::now(),
        }
    }

    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub(crate) fn seconds(self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    #[cfg(all(target_family = "wasm", target_os = "unknown"))]
    pub(crate) fn seconds(self) -> f64 {
        0.0
    }
}
