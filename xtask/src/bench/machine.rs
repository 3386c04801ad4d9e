//! The machine, from `/proc/cpuinfo`.

/// The text of `/proc/cpuinfo`.
pub(super) struct Machine(String);

impl Machine {
    pub(super) fn read() -> Result<Self, String> {
        std::fs::read_to_string("/proc/cpuinfo").map(Machine).map_err(|e| format!("/proc/cpuinfo: {e}"))
    }

    fn field(&self, name: &str) -> &str {
        let lines = self.0.lines().filter_map(|line| line.split_once(':'));
        lines
            .map(|(key, value)| (key.trim(), value.trim()))
            .find(|(key, _)| *key == name)
            .map_or("?", |(_, v)| v)
    }

    pub(super) fn has(&self, flag: &str) -> bool {
        self.field("flags").split(' ').any(|found| found == flag)
    }

    /// Processor, cores, instruction set.
    pub(super) fn describe(&self) -> String {
        let isa =
            ["avx512f", "avx2"].into_iter().find(|flag| self.has(flag)).unwrap_or("neither AVX2 nor AVX-512");
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let [name, family, model] = ["model name", "cpu family", "model"].map(|name| self.field(name));
        format!("{name}, family {family} model {model}, {cores} cores, {isa}, Linux")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let machine = Machine("model\t\t: 167\nmodel name\t: Some CPU\nflags\t\t: sse2 avx2\n".to_owned());
        assert_eq!([machine.field("model name"), machine.field("model")], ["Some CPU", "167"]);
        assert!(machine.has("avx2") && !machine.has("avx"));
    }
}
